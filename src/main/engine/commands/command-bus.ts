import { randomUUID } from "node:crypto";
import { AppError, ERRORS, type ErrorCode, fromFailure } from "../../../shared/errors.ts";
import type { Outcome, Statements } from "../../../shared/protocol.ts";
import type { Answered, AnyCommand, Command, CommandContext, Refusal } from "./command.ts";
import { applyOnce, type IdempotentRequest } from "./idempotency.ts";
import type { WriteQueue } from "./write-queue.ts";

export interface CommandsOptions {
  readonly queue: Pick<WriteQueue, "submit">;
  /** Called after the commit and before the answer. */
  readonly invalidate: (tags: readonly string[]) => void;
  readonly onOutcome: (command: AnyCommand, outcome: Outcome & { readonly waitedMs: number }) => void;
  readonly onFailure: (command: AnyCommand, code: ErrorCode) => void;
}

export interface ExecuteOptions {
  /** ETags of which the entity must have one; undefined: any. */
  readonly ifMatch?: readonly string[] | undefined;
  readonly idempotent?: IdempotentRequest | undefined;
}

/** Executes commands: composes their statements, sends them, and makes of the outcome an answer or an error. */
export class Commands {
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** @throws AppError: the command's refusal, the queue's, or what SQLite said; then nothing was written. */
  async execute<I>(command: Command<I>, input: I, options: ExecuteOptions = {}): Promise<Answered> {
    try {
      const outcome = await this.#options.queue.submit(compose(command, input, options));
      this.#options.onOutcome(command, outcome);
      return this.#judge(command, input, outcome, options.idempotent === undefined ? 0 : 1);
    } catch (error) {
      const code = error instanceof AppError ? error.code : "internal";
      if (code === "outcome_unknown") this.#options.invalidate(command.tags(input));
      this.#options.onFailure(command, code);
      throw error;
    }
  }

  /** `skip`: statements that stand before the command's own. */
  #judge<I>(command: Command<I>, input: I, outcome: Outcome, skip: number): Answered {
    const refusal = command.refusal?.(outcome.results.slice(skip), input);
    if (outcome.failure !== undefined) throw failureOf(command, outcome, refusal);
    if (refusal !== undefined) throw new AppError(refusal.code, refusal);
    this.#options.invalidate(command.tags(input));
    const [body = null, etag = null] = outcome.results.at(-1)?.rows[0] ?? [];
    return { body: body as string | null, etag: etag as string | null };
  }
}

function compose<I>(command: Command<I>, input: I, { ifMatch, idempotent }: ExecuteOptions): Statements {
  const now = new Date().toISOString();
  const context: CommandContext = {
    now,
    ifMatch: ifMatch === undefined ? null : JSON.stringify(ifMatch),
    uuid: randomUUID,
  };
  const statements = command.statements(input, context);
  const answer = command.answer?.(input);
  if (answer === undefined) return statements;
  if (idempotent === undefined) return [...statements, answer];
  return applyOnce(idempotent, statements, answer, now);
}

/** A violated foreign key means what the command says it means; the refusal knows which field it was. */
function failureOf(command: AnyCommand, { failure }: Outcome, refusal: Refusal | undefined): AppError {
  const error = fromFailure(failure!);
  if (failure!.code !== "SQLITE_CONSTRAINT_FOREIGNKEY" || command.foreignKey === undefined) return error;
  if (refusal?.code === command.foreignKey) return new AppError(refusal.code, refusal);
  return new AppError(command.foreignKey, { detail: ERRORS[command.foreignKey].title, cause: error.cause });
}
