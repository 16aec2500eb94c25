import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { z } from "zod";
import { AppError } from "../../shared/errors.ts";
import type { Entry } from "../engine/cache/cache.ts";
import { steadyNow } from "../engine/clock.ts";
import { Answers, type CacheResult } from "../engine/reads/answers.ts";
import type { Read } from "../engine/reads/read.ts";
import type { Access } from "./access.ts";
import type { ResponseHeader } from "./described-headers.ts";
import { noneMatch, parseQuery, validate } from "./input.ts";
import { empty, json, type Reply } from "./reply.ts";
import { type Call, type ResponseDoc, type Route, route } from "./route.ts";

const CACHE_STATUS: Readonly<Record<CacheResult, string>> = {
  hit: "chinook; hit",
  miss: "chinook; fwd=miss",
  coalesced: "chinook; fwd=miss; collapsed",
  bypass: "chinook; fwd=bypass",
};

export interface ReadRouteOptions<P> {
  readonly path: string;
  readonly access: Access;
  readonly tag: string;
  readonly operationId?: string;
  readonly summary: string;
  readonly description?: string;
  readonly read: Read<P>;
  readonly answers: Answers;
  readonly response: ResponseDoc;
  /** The read that counts a list's rows, for `?total=1`. */
  readonly count?: Read<P>;
  /** Completes the parameters of what is not cached, with what they alone decide: the key does without it. */
  readonly complete?: (params: P) => P | Promise<P>;
  /** Told of every answer, by its key: a step on the hot path, so it must be a short one. */
  readonly onServed?: (key: string, entry: Entry) => void;
}

/**
 * The keys that URLs came to, over all routes: the map takes its memory when it is made, not when it is filled.
 * A URL belongs to one route, so no route meets another's.
 */
const keys = new LRUCache<string, string>({ max: 10_000 });
/** How long a URL may be to be worth it. */
const REMEMBERED_LENGTH = 200;

/**
 * A GET that a read answers: from the cache in one synchronous step where it can.
 *
 * A URL that was valid once is valid again and comes to the same key, so the key is remembered by URL: a hit is
 * two look-ups, and neither parses nor validates anything.
 */
export function readRoute<P>(options: ReadRouteOptions<P>): Route {
  const { path, access, tag, summary, read, answers, count, complete, onServed } = options;
  const everybody = read.audience !== "principal";
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return route({
    method: "GET",
    path,
    access,
    tag,
    summary,
    ...(options.operationId === undefined ? {} : { operationId: options.operationId }),
    ...(options.description === undefined ? {} : { description: options.description }),
    parameters: read.params as unknown as z.ZodObject,
    headers: ["If-None-Match"],
    responses: { 200: { ...options.response, headers: headersOf(read) } },
    handle(call) {
      const url = call.incoming.url!;
      const known = everybody ? keys.get(url) : undefined;
      const cached = known === undefined ? undefined : answers.cached(read, known);
      if (cached !== undefined) {
        onServed?.(known!, cached);
        return hit(read, cached, call);
      }
      const given = validate(read.params, parametersOf(call, names), "parameter");
      const params = everybody ? given : { ...given, principal: call.principal.id };
      if (count !== undefined && (params as { total?: string }).total === "1") {
        return withTotal(answers, read, count, params, call);
      }
      const key = Answers.key(read, params);
      if (everybody && known === undefined && url.length <= REMEMBERED_LENGTH) keys.set(url, key);
      return answer({ answers, read, complete, onServed }, params, key, call);
    },
  });
}

function headersOf<P>({ cache }: Read<P>): readonly ResponseHeader[] {
  const age: readonly ResponseHeader[] = cache.freshness === "lifetime" ? ["Age"] : [];
  return ["ETag", "Cache-Control", "Cache-Status", ...age];
}

function parametersOf(call: Call, names: readonly string[]): Record<string, string> {
  const parameters = parseQuery(call.url);
  for (const name of names) {
    if (name in parameters) throw unknownParameter(name);
    parameters[name] = call.param(name);
  }
  return parameters;
}

/** A path's parameter does not belong in the query. */
const unknownParameter = (name: string) =>
  new AppError("invalid", { errors: [{ parameter: name, detail: "is not known here" }] });

function answer<P>(
  {
    answers,
    read,
    complete,
    onServed,
  }: Pick<ReadRouteOptions<P>, "answers" | "read"> & {
    readonly complete: ReadRouteOptions<P>["complete"] | undefined;
    readonly onServed: ReadRouteOptions<P>["onServed"] | undefined;
  },
  params: P,
  key: string,
  call: Call,
): Reply | Promise<Reply> {
  const cached = answers.cached(read, key);
  if (cached !== undefined) {
    onServed?.(key, cached);
    return hit(read, cached, call);
  }
  const fetched =
    complete === undefined
      ? answers.fetch(read, params, key)
      : Promise.resolve(complete(params)).then((completed) => answers.fetch(read, completed, key));
  return fetched.then((found) => {
    if (found === null) throw new AppError("not_found");
    onServed?.(key, found.entry);
    return replyWith(read, found.entry, found.from, call);
  });
}

/** The replies of entries that were hit, made once: only an age would make one differ from the next. */
const hits = new WeakMap<Entry, Reply>();

function hit<P>(read: Read<P>, entry: Entry, call: Call): Reply {
  const ready = hits.get(entry);
  if (ready !== undefined && call.incoming.headers["if-none-match"] === undefined) return ready;
  const reply = replyWith(read, entry, "hit", call);
  if (reply.status === 200 && read.cache.freshness === "coherent") hits.set(entry, reply);
  return reply;
}

function replyWith<P>(read: Read<P>, entry: Entry, from: CacheResult, call: Call): Reply {
  const headers: Record<string, string> = {
    etag: entry.etag,
    "cache-control": "no-cache",
    "cache-status": CACHE_STATUS[from],
  };
  if (read.cache.freshness === "lifetime") addAge(headers, entry);
  const unchanged = !noneMatch(call.incoming.headers["if-none-match"], entry.etag);
  return unchanged ? empty(304, headers) : json(200, entry.body, headers);
}

/** An answer that may be stale says how old it is, and for how long it may be kept. */
function addAge(headers: Record<string, string>, { storedAt, expiresAt }: Entry): void {
  headers["cache-control"] = `max-age=${Math.round((expiresAt - storedAt) / 1_000)}`;
  headers.age = String(Math.max(0, Math.floor((steadyNow() - storedAt) / 1_000)));
}

/** The count runs beside the page, and is put into its text as it is. */
async function withTotal<P>(
  answers: Answers,
  read: Read<P>,
  count: Read<P>,
  params: P,
  call: Call,
): Promise<Reply> {
  const filters = { ...params, total: "0", limit: 1, sort: "id", cursor: undefined };
  const [page, total] = await Promise.all([
    lookUp(answers, read, { ...params, total: "0" }),
    lookUp(answers, count, filters),
  ]);
  const body = `${page.entry.body.slice(0, -1)},"total":${total.entry.body}}`;
  const etag = `"${hash("sha1", body, "base64url")}"`;
  return replyWith(read, { ...page.entry, body, etag }, page.from, call);
}

async function lookUp<P>(
  answers: Answers,
  read: Read<P>,
  params: P,
): Promise<{ entry: Entry; from: CacheResult }> {
  const key = Answers.key(read, params);
  const cached = answers.cached(read, key);
  if (cached !== undefined) return { entry: cached, from: "hit" };
  const found = await answers.fetch(read, params, key);
  if (found === null) throw new AppError("not_found");
  return found;
}
