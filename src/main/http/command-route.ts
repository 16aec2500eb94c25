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
  /** Whether what is done for a request is audited. */
  readonly audited: boolean;
}

/** Whom a request's command is done for; undefined where nothing is audited. */
export const actorOf = ({ audited }: Pick<Writes, "audited">, call: Call): Actor | undefined =>
  audited
    ? {
        principal: call.principal.id,
        credential: call.principal.credential,
        address: call.addressOf(call.incoming),
        requestId: call.requestId,
      }
    : undefined;

/** PATCH and DELETE: the change, if the entity is still the one that the client saw. */
export async function change<I>(writes: Writes, call: Call, command: Command<I>, input: I): Promise<Reply> {
  const { headers } = call.incoming;
  const options = { ...preconditions(headers), actor: actorOf(writes, call) };
  const answered = await writes.commands.execute(command, input, options).catch((error) => {
    throw weakened(error, headers["if-match"]);
  });
  return answered.body === null ? empty(204, NO_STORE) : withEtag(200, answered);
}

/**
 * For what has its ETag from its text: judges the preconditions by the text as a reader sees it.
 *
 * @returns the text, for the command to compare with its own (`unchanged`); undefined when any will do.
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

/** A failure that a proxy may be the cause of says so. */
function weakened(error: unknown, ifMatch = ""): unknown {
  if (!(error instanceof AppError && error.code === "precondition_failed" && ifMatch.includes("W/")))
    return error;
  return new AppError("precondition_failed", {
    detail: "If-Match has a weak ETag, which matches nothing: a proxy that compresses makes them so",
  });
}

/**
 * An entity that is there always has an ETag: so `If-None-Match: *`, which asks that it is not, comes to an
 * `If-Match` of nothing.
 */
function preconditions(headers: IncomingHttpHeaders): ExecuteOptions {
  const ifNoneMatch = parseEtags(headers["if-none-match"])?.map((etag) => etag.replace(/^W\//, ""));
  return { ifMatch: isAny(headers["if-none-match"]) ? [] : parseEtags(headers["if-match"]), ifNoneMatch };
}

/** POST: once, however often it is sent under one Idempotency-Key. */
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
  const execute = (options: ExecuteOptions) => writes.commands.execute(command, input, options);
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
 * The front's half of `Idempotency-Key`: what is in progress here, and the replay of what is stored. The half that
 * must not be fooled, applying a command once, is in its transaction (`applyOnce`). So an outcome that is unknown,
 * because the writer died over it, is found out here: what was committed left its answer, and what was not can be
 * tried once more.
 */
export class Idempotency {
  readonly #answers: Answers;
  readonly #inProgress = new Set<string>();

  constructor(answers: Answers) {
    this.#answers = answers;
  }

  /** @throws AppError `idempotency_in_progress`, `idempotency_mismatch`, or as the execution does. */
  async once(
    request: IdempotentRequest,
    execute: () => Promise<Answered>,
  ): Promise<{ answered: Answered; replayed: boolean }> {
    const inProgress = `${request.principal} ${request.key}`;
    if (this.#inProgress.has(inProgress)) throw new AppError("idempotency_in_progress");
    this.#inProgress.add(inProgress);
    try {
      const stored = await this.#stored(request);
      return stored === undefined
        ? { answered: await this.#executed(request, execute), replayed: false }
        : { answered: stored, replayed: true };
    } finally {
      this.#inProgress.delete(inProgress);
    }
  }

  async #executed(request: IdempotentRequest, execute: () => Promise<Answered>): Promise<Answered> {
    try {
      return await execute();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "outcome_unknown")) throw error;
      return (await this.#stored(request)) ?? (await execute());
    }
  }

  async #stored({ principal, key, fingerprint }: IdempotentRequest): Promise<Answered | undefined> {
    const params = { principal, key };
    const found = await this.#answers.fetch(IDEMPOTENCY_READ, params, Answers.key(IDEMPOTENCY_READ, params));
    if (found === null) return undefined;
    const stored = JSON.parse(found.entry.body) as StoredAnswer;
    if (stored.fingerprint !== fingerprint) throw new AppError("idempotency_mismatch");
    return stored;
  }
}
