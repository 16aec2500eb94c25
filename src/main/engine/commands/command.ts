import type { z } from "zod";
import type { Guard, Param, Statement, Statements } from "../../../shared/protocol.ts";

/**
 * A command as data: its name, its input and its SQL statements, which are applied together or not at all.
 *
 * Compared parameters are wrapped in `likely()`, as in reads. No JavaScript decides between two statements:
 * conditions are in the SQL, and a statement's guard decides whether the command is refused. So any executor of SQL
 * batches can run a command, and a refused command has written nothing.
 */
export interface Command<I = never> {
  readonly name: string;
  /** Whether the server does it by itself and nobody waits for it: that it takes long is no news. */
  readonly background?: boolean;
  readonly input: z.ZodType<I>;
  readonly statements: (input: I, context: CommandContext) => Statements;
  /**
   * A SELECT of (body, etag) for the answer, run last. It sees the effects of the statements. A command without one
   * answers 204.
   */
  readonly answer?: (input: I) => Statement;
  /** The error for a violated foreign key; `in_use` by default. */
  readonly foreignKey?: "reference_unknown";
  /** What the audit log records; `none` for a command that is its own record or has no actor. */
  readonly audit?: AuditDescription<I> | "none";
  /** Tags that the command touches. Their cached answers are invalidated after the commit, before the response. */
  readonly tags: (input: I) => readonly string[];
}

/**
 * What the audit log records of a command, apart from the actor. The default: the object is of the kind that the
 * command's name begins with, its id is that of the input or of the answer, and the changes are the answer's
 * fields.
 *
 * Neither the state nor the answer may contain a secret.
 */
export interface AuditDescription<I> {
  /** `tracks:17`. */
  readonly object?: (input: I) => string;
  /** A SELECT of one JSON object, run before and after the command. The difference is recorded. */
  readonly state?: (input: I) => Statement;
  /**
   * A SELECT of the object of changes, run before the command: the old values from the row, the new ones from the
   * input. It costs a third of `state`.
   */
  readonly changes?: (input: I) => Statement;
  /** The fields of a row that the command inserts as its last. It costs a tenth of asking the answer. */
  readonly created?: (input: I) => Readonly<Record<string, unknown>>;
  /** Where it came from is not recorded: who deletes an account would leave this trace. */
  readonly withoutAddress?: boolean;
}

export interface CommandContext {
  /** RFC 3339 UTC with milliseconds. */
  readonly now: string;
  /** A JSON array: the stored entity's ETag must be one of these; null: any. */
  readonly ifMatch: string | null;
  /** A JSON array: the stored entity's ETag must be none of these; null: any. */
  readonly ifNoneMatch: string | null;
  /** The only source of random values. Statements use no random functions, so they replay identically. */
  readonly uuid: () => string;
}

/** A command's result for the client. */
export interface Answered {
  readonly body: string | null;
  readonly etag: string | null;
}

// biome-ignore lint/suspicious/noExplicitAny: input is contravariant; the schema checks it at the door
export type AnyCommand = Command<any>;

export const command = <I>(definition: Command<I>): Command<I> => Object.freeze(definition);

export const statement = (sql: string, params: Record<string, Param>, guard?: Guard): Statement =>
  guard === undefined ? { sql, params } : { sql, params, guard };
