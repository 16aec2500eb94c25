import type { IncomingHttpHeaders } from "node:http";
import { AppError } from "../../shared/errors.ts";
import type { Actor } from "../engine/commands/audit.ts";
import type { Answered, Command } from "../engine/commands/command.ts";
import type { Commands, ExecuteOptions } from "../engine/commands/command-bus.ts";
import { fingerprint, IDEMPOTENCY_READ, type IdempotentRequest } from "../engine/commands/idempotency.ts";
import { Answers } from "../engine/reads/answers.ts";
import type { Read } from "../engine/reads/read.ts";
import { idempotencyKey, ifMatch, isAny, noneMatch, parseEtags } from "./input.ts";
import { empty, json, type Reply } from "./reply.ts";
import type { Call } from "./route.ts";

const NO_STORE = { "cache-control": "no-store" };

export interface Writes {
  readonly commands: Commands;
  readonly idempotency: Idempotency;
  /** Whether requests' commands are audited. */
  readonly audited: boolean;
}

/** The actor of a request's command; undefined if commands are not audited. */
export const actorOf = ({ audited }: Pick<Writes, "audited">, call: Call): Actor | undefined =>
  audited
    ? {
        principal: call.principal.id,
        credential: call.principal.credential,
        address: call.addressOf(call.incoming),
        requestId: call.requestId,
      }
    : undefined;

const busOf = ({ commands }: Writes, call: Call): Pick<Commands, "execute"> => call.commands ?? commands;

/** PATCH and DELETE: applies the change if the entity is still the one that the client saw. */
export async function change<I>(writes: Writes, call: Call, command: Command<I>, input: I): Promise<Reply> {
  const { headers } = call.incoming;
  const options = { ...preconditions(headers), actor: actorOf(writes, call) };
  const answered = await busOf(writes, call)
    .execute(command, input, options)
    .catch((error) => {
      throw weakened(error, headers["if-match"]);
    });
  return answered.body === null ? empty(204, NO_STORE) : withEtag(200, answered);
}

/**
 * For entities whose ETag is derived from their text: checks the preconditions against the text that a reader sees.
 *
 * @returns the text, for the command to compare (`unchanged`); undefined without a precondition.
 * @throws AppError `not_found`, `precondition_failed`.
 */
export async function seenText<P>(
  answers: Answers,
  { incoming: { headers } }: Call,
  read: Read<P>,
  params: P,
): Promise<string | undefined> {
  const { "if-match": wanted, "if-none-match": known } = headers;
  if ((wanted === undefined || isAny(wanted)) && known === undefined) return undefined;
  const key = Answers.key(read, params);
  const entry = answers.cached(read, key) ?? (await answers.fetch(read, params, key))?.entry;
  if (entry === undefined) throw new AppError("not_found");
  if (ifMatch(wanted, entry.etag) && noneMatch(known, entry.etag)) return entry.body;
  throw weakened(new AppError("precondition_failed"), wanted);
}

/** Adds a hint if a proxy may be the cause: it weakened the ETag. */
function weakened(error: unknown, ifMatch = ""): unknown {
  if (!(error instanceof AppError && error.code === "precondition_failed" && ifMatch.includes("W/")))
    return error;
  return new AppError("precondition_failed", {
    detail: "If-Match has a weak ETag, which never matches: a compressing proxy weakens ETags",
  });
}

/**
 * An existing entity always has an ETag, so `If-None-Match: *` (it must not exist) becomes an `If-Match` of
 * nothing.
 */
function preconditions(headers: IncomingHttpHeaders): ExecuteOptions {
  const ifNoneMatch = parseEtags(headers["if-none-match"])?.map((etag) => etag.replace(/^W\//, ""));
  return { ifMatch: isAny(headers["if-none-match"]) ? [] : parseEtags(headers["if-match"]), ifNoneMatch };
}

/** POST: applied once, however often it is sent with the same Idempotency-Key. */
export async function create<I>(
  writes: Writes,
  call: Call,
  command: Command<I>,
  input: I,
  bodyText: string,
  location?: (id: number) => string,
): Promise<Reply> {
  const key = idempotencyKey(call.incoming);
  const actor = actorOf(writes, call);
  const execute = (options: ExecuteOptions) => busOf(writes, call).execute(command, input, options);
  if (key === undefined) return created(await execute({ actor }), location);
  const request = {
    principal: call.principal.id,
    key,
    fingerprint: fingerprint("POST", call.path, bodyText),
  };
  const once = () => execute({ actor, idempotent: request });
  const { answered, replayed } = await writes.idempotency.once(request, once);
  return created(answered, location, replayed ? { "idempotency-replayed": "true" } : {});
}

function created(
  answered: Answered,
  location?: (id: number) => string,
  headers: Record<string, string> = {},
): Reply {
  if (location === undefined || answered.body === null) return withEtag(201, answered, headers);
  const { id } = JSON.parse(answered.body) as { id: number };
  return withEtag(201, answered, { location: location(id), ...headers });
}

function withEtag(status: number, { body, etag }: Answered, headers: Record<string, string> = {}): Reply {
  return json(status, body ?? "null", { ...NO_STORE, ...headers, ...(etag === null ? {} : { etag }) });
}

interface StoredAnswer {
  readonly fingerprint: string;
  readonly body: string | null;
  readonly etag: string | null;
}

/**
 * The main thread's part of `Idempotency-Key`: detecting requests in progress, and replaying stored answers.
 * Applying a command only once is part of its transaction (`applyOnce`). An unknown outcome, after the writer's
 * death, is resolved here: a committed command has left its answer; one that was not committed is retried once.
 */
export class Idempotency {
  readonly #answers: Answers;
  readonly #inProgress = new Set<string>();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** @throws AppError `idempotency_in_progress`, `idempotency_mismatch`, or the execution's error. */
  async once(
    request: IdempotentRequest,
    execute: () => Promise<Answered>,
  ): Promise<{ answered: Answered; replayed: boolean }> {
    return this.alone(request, async () => {
      const stored = await this.stored(request);
      return stored === undefined
        ? { answered: await this.#executed(request, execute), replayed: false }
        : { answered: stored, replayed: true };
    });
  }

  /** Runs the action unless another is in progress under the key. @throws AppError `idempotency_in_progress`. */
  async alone<T>(
    { principal, key }: Pick<IdempotentRequest, "principal" | "key">,
    action: () => Promise<T>,
  ): Promise<T> {
    const inProgress = `${principal} ${key}`;
    if (this.#inProgress.has(inProgress)) throw new AppError("idempotency_in_progress");
    this.#inProgress.add(inProgress);
    try {
      return await action();
    } finally {
      this.#inProgress.delete(inProgress);
    }
  }

  async #executed(request: IdempotentRequest, execute: () => Promise<Answered>): Promise<Answered> {
    try {
      return await execute();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "outcome_unknown")) throw error;
      return (await this.stored(request)) ?? (await execute());
    }
  }

  /** The answer of an earlier request under the key. @throws AppError `idempotency_mismatch`. */
  async stored({ principal, key, fingerprint }: IdempotentRequest): Promise<Answered | undefined> {
    const params = { principal, key };
    const found = await this.#answers.fetch(IDEMPOTENCY_READ, params, Answers.key(IDEMPOTENCY_READ, params));
    if (found === null) return undefined;
    const stored = JSON.parse(found.entry.body) as StoredAnswer;
    if (stored.fingerprint !== fingerprint) throw new AppError("idempotency_mismatch");
    return stored;
  }
}
