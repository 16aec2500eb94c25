import type { z } from "zod";
import type { Guard, Param, Statement, Statements } from "../../../shared/protocol.ts";

import type { AuditDescription } from "./audit.ts";

/**
 * A command as data: what it is called, what it takes, and the SQL statements that are all done or none.
 *
 * A parameter that is compared stands in `likely()`, as in reads. No JavaScript decides between two statements:
 * conditions live in the SQL, and a statement's guard says when the command is refused. So any executor of SQL
 * batches can run a command, and a refused one has written nothing.
 */
export interface Command<I = never> {
  readonly name: string;
  readonly input: z.ZodType<I>;
  readonly statements: (input: I, context: CommandContext) => Statements;
  /**
   * A SELECT of (body, etag) that gives the answer, run last; it sees the statements' effects. A command
   * without one answers 204.
   */
  readonly answer?: (input: I) => Statement;
  /** What a violated foreign key means here; `in_use` when it is left out. */
  readonly foreignKey?: "reference_unknown";
  /** What the audit says of it; `none` for what is its own record, or nobody's doing. */
  readonly audit?: AuditDescription<I> | "none";
  /** What the result touches: bumped and dropped from the cache after the commit, before the answer. */
  readonly tags: (input: I) => readonly string[];
}

export interface CommandContext {
  /** RFC 3339 UTC with milliseconds. */
  readonly now: string;
  /** ETags that the stored entity must have one of, as a JSON array; null: any. */
  readonly ifMatch: string | null;
  /** ETags that the stored entity must have none of, as a JSON array; null: any. */
  readonly ifNoneMatch: string | null;
  /** Statements carry no randomness of their own: it comes in from here, so that they replay alike. */
  readonly uuid: () => string;
}

/** What the client gets of a command. */
export interface Answered {
  readonly body: string | null;
  readonly etag: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: input is contravariant; the schema checks it at the door
export type AnyCommand = Command<any>;

export const command = <I>(definition: Command<I>): Command<I> => Object.freeze(definition);

export const statement = (sql: string, params: Record<string, Param>, guard?: Guard): Statement =>
  guard === undefined ? { sql, params } : { sql, params, guard };
