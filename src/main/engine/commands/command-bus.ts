import { randomUUID } from "node:crypto";
import { AppError, type ErrorCode, type Failure, fromFailure } from "../../../shared/errors.ts";
import type { Outcome, Statements } from "../../../shared/protocol.ts";
import { type Actor, withAudit } from "./audit.ts";
import type { Answered, AnyCommand, Command, CommandContext } from "./command.ts";
import { applyOnce, type IdempotentRequest } from "./idempotency.ts";
import type { WriteQueue } from "./write-queue.ts";

export interface CommandsOptions {
  readonly queue: Pick<WriteQueue, "submit">;
  /** Called after the commit and before the response. */
  readonly invalidate: (tags: readonly string[]) => void;
  readonly onOutcome: (command: AnyCommand, outcome: Outcome & { readonly waitedMs: number }) => void;
  readonly onFailure: (command: AnyCommand, code: ErrorCode) => void;
}

export interface ExecuteOptions {
  /** The entity's ETag must be one of these; undefined: any. */
  readonly ifMatch?: readonly string[] | undefined;
  /** The entity's ETag must be none of these. */
  readonly ifNoneMatch?: readonly string[] | undefined;
  readonly idempotent?: IdempotentRequest | undefined;
  /** Who executes the command. With an actor, the command is audited. */
  readonly actor?: Actor | undefined;
}

/**
 * Executes commands: composes their statements, submits them to the write queue, and turns each outcome into an
 * answer or an error.
 */
export class Commands {
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** @throws AppError from a guard, the queue or SQLite. Then nothing was written, except with `outcome_unknown`. */
  async execute<I>(command: Command<I>, input: I, options: ExecuteOptions = {}): Promise<Answered> {
    try {
      const outcome = await this.#options.queue.submit(compose(command, input, options));
      this.#options.onOutcome(command, outcome);
      if (outcome.failure !== undefined) throw failureOf(command, outcome.failure);
      this.#options.invalidate(command.tags(input));
      return answerOf(command, outcome);
    } catch (error) {
      const code = error instanceof AppError ? error.code : "internal";
      if (code === "outcome_unknown") this.#options.invalidate(command.tags(input));
      this.#options.onFailure(command, code);
      throw error;
    }
  }
}

function compose<I>(command: Command<I>, input: I, options: ExecuteOptions): Statements {
  const { ifMatch, ifNoneMatch, idempotent, actor } = options;
  const now = new Date().toISOString();
  const context: CommandContext = {
    now,
    ifMatch: ifMatch === undefined ? null : JSON.stringify(ifMatch),
    ifNoneMatch: ifNoneMatch === undefined ? null : JSON.stringify(ifNoneMatch),
    uuid: randomUUID,
  };
  const answer = command.answer?.(input);
  const own = command.statements(input, context);
  const statements =
    actor === undefined ? own : withAudit({ command, input, actor, now, statements: own, answer });
  if (answer === undefined) return statements;
  if (idempotent === undefined) return [...statements, answer];
  return applyOnce(idempotent, statements, answer);
}

function answerOf({ answer }: AnyCommand, { rows }: Outcome): Answered {
  const [body = null, etag = null] = answer === undefined ? [] : (rows[0] ?? []);
  return { body: body as string | null, etag: etag as string | null };
}

function failureOf({ foreignKey }: AnyCommand, failure: Failure): AppError {
  const error = fromFailure(failure);
  if (failure.code !== "SQLITE_CONSTRAINT_FOREIGNKEY" || foreignKey === undefined) return error;
  return new AppError(foreignKey, { cause: error.cause });
}
