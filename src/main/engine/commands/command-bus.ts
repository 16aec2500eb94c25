import { randomUUID } from "node:crypto";
import { AppError, type ErrorCode, type Failure, fromFailure } from "../../../shared/errors.ts";
import type { Outcome, Statements, Together } from "../../../shared/protocol.ts";
import { type Actor, withAudit } from "./audit.ts";
import { type Answered, type AnyCommand, type Command, type CommandContext, statement } from "./command.ts";
import { applyOnce, type IdempotentRequest } from "./idempotency.ts";
import type { WriteQueue } from "./write-queue.ts";

export interface CommandsOptions {
  readonly queue: Pick<WriteQueue, "submit">;
  /** Called after the commit and before the response. */
  readonly invalidate: (tags: readonly string[]) => void;
  readonly onOutcome: (command: Named, outcome: Outcome & { readonly waitedMs: number }) => void;
  readonly onFailure: (command: Named, code: ErrorCode) => void;
}

type Named = Pick<AnyCommand, "name" | "background">;

/** A command of several, with what it is executed with. */
export interface Part<I = never> {
  readonly command: Command<I>;
  readonly input: I;
  readonly options: ExecuteOptions;
}

/** A failure of commands together, and which of them it was. */
export class PartFailed extends AppError {
  readonly at: number;
  constructor(at: number, { code, message, errors, cause }: AppError) {
    super(code, { detail: message, ...(errors === undefined ? {} : { errors }), cause });
    this.at = at;
  }
}

/** What metrics call commands together. */
const TOGETHER: Named = { name: "batch" };

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
    const tags = command.tags(input);
    try {
      const outcome = await this.#options.queue.submit(compose(command, input, options), tags);
      this.#options.onOutcome(command, outcome);
      if (outcome.failure !== undefined) throw failureOf(command, outcome.failure);
      this.#options.invalidate(tags);
      return answerOf(command, outcome);
    } catch (error) {
      const code = error instanceof AppError ? error.code : "internal";
      if (code === "outcome_unknown") this.#options.invalidate(tags);
      this.#options.onFailure(command, code);
      throw error;
    }
  }

  /**
   * Executes commands in one transaction: all of them, or none. Each sees what those before it did.
   *
   * @param standIns as in {@link Together}.
   * @returns an answer for each. @throws AppError as {@link execute}; {@link PartFailed} when one of them was refused.
   */
  async executeTogether(
    // biome-ignore lint/suspicious/noExplicitAny: each part's input fits its own command
    parts: readonly Part<any>[],
    standIns: Together["standIns"] = [],
  ): Promise<Answered[]> {
    const touched = [...new Set(parts.flatMap(({ command, input }) => command.tags(input)))];
    try {
      const together = parts.map(({ command, input, options }) => compose(command, input, options));
      const outcome = await this.#options.queue.submit({ together, standIns }, touched);
      this.#options.onOutcome(TOGETHER, outcome);
      const { failure, failedAt = 0, rows } = outcome;
      if (failure !== undefined) throw new PartFailed(failedAt, failureOf(parts[failedAt]!.command, failure));
      const answers = parts.map(({ command }, i) => answerOf(command, { rows: [rows[i]!] }));
      this.#options.invalidate(resolvedTags(touched, standIns, answers));
      return answers;
    } catch (error) {
      const code = error instanceof AppError ? error.code : "internal";
      if (code === "outcome_unknown") this.#options.invalidate(["*"]);
      this.#options.onFailure(TOGETHER, code);
      throw error;
    }
  }
}

/** What was touched by ids that were not known before. */
function resolvedTags(
  tags: readonly string[],
  standIns: Together["standIns"],
  answers: readonly Answered[],
): string[] {
  const ids = new Map(
    standIns.map(([standIn, command]) => [String(standIn), JSON.parse(answers[command]!.body ?? "{}").id]),
  );
  const resolved = (tag: string) => tag.replace(/\d{16}$/, (digits) => String(ids.get(digits) ?? digits));
  return [...new Set(ids.size === 0 ? tags : tags.map(resolved))];
}

/** What a command without an answer keeps for its repeats. */
const NO_ANSWER = statement("SELECT NULL AS body, NULL AS etag", {});

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
  if (idempotent !== undefined) return applyOnce(idempotent, statements, answer ?? NO_ANSWER);
  return answer === undefined ? statements : [...statements, answer];
}

function answerOf({ answer }: AnyCommand, { rows }: Pick<Outcome, "rows">): Answered {
  const [body = null, etag = null] = answer === undefined ? [] : (rows[0] ?? []);
  return { body: body as string | null, etag: etag as string | null };
}

function failureOf({ foreignKey }: AnyCommand, failure: Failure): AppError {
  const error = fromFailure(failure);
  if (failure.code !== "SQLITE_CONSTRAINT_FOREIGNKEY" || foreignKey === undefined) return error;
  return new AppError(foreignKey, { cause: error.cause });
}
