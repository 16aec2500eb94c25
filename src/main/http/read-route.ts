import type { z } from "zod";
import { AppError } from "../../shared/errors.ts";
import type { Entry } from "../engine/cache/cache.ts";
import { Answers } from "../engine/reads/answers.ts";
import type { AnyRead, Read } from "../engine/reads/read.ts";
import { type Access, isPersonal, type LoadClass, type Principal } from "./access.ts";
import type { ResponseHeader } from "./described-headers.ts";
import { entryReply, hitReply, type Sending } from "./entry-reply.ts";
import { parseQuery, validate } from "./input.ts";
import type { Reply } from "./reply.ts";
import { type Call, type ResponseDoc, type Route, route } from "./route.ts";

export interface ReadRouteOptions<P> {
  readonly path: string;
  readonly access: Access;
  /** Class of load for rate limits; `read` by default. */
  readonly load?: LoadClass;
  readonly tag: string;
  readonly operationId?: string;
  readonly summary: string;
  readonly description?: string;
  readonly read: Read<P>;
  readonly answers: Answers;
  readonly response: ResponseDoc;
  /** Chooses a read by the parameters. All have the parameters and the cache policy of `read`. */
  readonly choose?: (params: P) => Read<P>;
  /** Maps parameters with variable names to known ones, before validation. */
  readonly gather?: (query: Record<string, string>) => Record<string, string>;
  /**
   * The read to run if `read` finds nothing, for entities that only some may see; undefined if the principal
   * owns none. Its answer is `private`.
   */
  readonly own?: (params: P, principal: Principal) => Asked | undefined;
  /** Adds derived parameters on a cache miss. They depend only on the others, so the cache key omits them. */
  readonly complete?: (params: P) => P | Promise<P>;
  /** Called with the key of every answer. It is on the hot path, so it must be short. */
  readonly onServed?: (key: string, entry: Entry) => void;
}

interface Asked {
  readonly read: AnyRead;
  readonly params: unknown;
}

/**
 * A GET that a read answers; from the cache in one synchronous step.
 *
 * A URL that was valid once maps to the same key again: a hit is two look-ups, without parsing or validation (see
 * `known-urls.ts`).
 */
export function readRoute<P>(options: ReadRouteOptions<P>): Route {
  const { path, access, tag, summary, read, answers, choose, gather, complete, own, onServed } = options;
  const sending = sendingOf(read, access);
  const everybody = read.audience !== "principal";
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  return route({
    method: "GET",
    path,
    access,
    load: options.load ?? "read",
    tag,
    summary,
    ...(options.operationId === undefined ? {} : { operationId: options.operationId }),
    ...(options.description === undefined ? {} : { description: options.description }),
    parameters: read.params as unknown as z.ZodObject,
    headers: ["If-None-Match", "If-Match"],
    responses: { 200: { ...options.response, headers: headersOf(sending, path) } },
    handle(call) {
      const known = everybody ? call.knownKey : undefined;
      const cached = known === undefined ? undefined : answers.cached(read, known);
      if (cached !== undefined) {
        onServed?.(known!, cached);
        return hitReply(sending, cached, call);
      }
      const query = gather?.(parseQuery(call.url)) ?? parseQuery(call.url);
      const given = validate(read.params, parametersOf(call, query, names), "parameter");
      const params = everybody ? given : { ...given, principal: call.principal.id };
      const asked = choose?.(params) ?? read;
      const key = Answers.key(asked, params);
      if (everybody && known === undefined) call.remember(key);
      return answer({ answers, read: asked, sending, own, complete, onServed }, params, key, call);
    },
  });
}

const sendingOf = <P>(read: Read<P>, access: Access): Sending => ({
  personal: read.audience === "principal" || isPersonal(access),
  aged: read.cache.freshness === "lifetime",
  paged: "cursor" in ((read.params as unknown as z.ZodObject).shape ?? {}),
});

/** Headers for the API description. */
function headersOf({ aged, paged }: Sending, path: string): readonly ResponseHeader[] {
  const headers: ResponseHeader[] = ["ETag", "Cache-Control", "Cache-Status"];
  if (aged) headers.push("Age");
  if (paged) headers.push("Link");
  if (/^\/v1\/[\w-]+\/\{id\}$/.test(path)) headers.push("Last-Modified");
  return headers;
}

function parametersOf(
  call: Call,
  parameters: Record<string, string>,
  names: readonly string[],
): Record<string, string> {
  for (const name of names) {
    if (name in parameters) throw unknownParameter(name);
    parameters[name] = call.param(name);
  }
  return parameters;
}

/** A path parameter is not allowed in the query. */
const unknownParameter = (name: string) =>
  new AppError("invalid", { errors: [{ parameter: name, detail: "is unknown" }] });

type Answering<P> = Pick<ReadRouteOptions<P>, "answers" | "read"> & {
  readonly sending: Sending;
  readonly own: ReadRouteOptions<P>["own"] | undefined;
  readonly complete: ReadRouteOptions<P>["complete"] | undefined;
  readonly onServed: ReadRouteOptions<P>["onServed"] | undefined;
};

function answer<P>(
  { answers, read, sending, own, complete, onServed }: Answering<P>,
  params: P,
  key: string,
  call: Call,
): Reply | Promise<Reply> {
  const cached = answers.cached(read, key);
  if (cached !== undefined) {
    onServed?.(key, cached);
    return hitReply(sending, cached, call);
  }
  const fetched =
    complete === undefined
      ? answers.fetch(read, params, key)
      : Promise.resolve(complete(params)).then((completed) => answers.fetch(read, completed, key));
  return fetched.then((found) => {
    if (found === null) return ownAnswer(answers, own?.(params, call.principal), sending, call);
    onServed?.(key, found.entry);
    return entryReply(sending, found.entry, found.from, call);
  });
}

/** @throws AppError `not_found`. */
async function ownAnswer(
  answers: Answers,
  asked: Asked | undefined,
  sending: Sending,
  call: Call,
): Promise<Reply> {
  if (asked === undefined) throw new AppError("not_found");
  const { read, params } = asked;
  const key = Answers.key(read, params);
  const cached = answers.cached(read, key);
  const personal = { ...sending, personal: true };
  if (cached !== undefined) return hitReply(personal, cached, call);
  const found = await answers.fetch(read, params, key);
  if (found === null) throw new AppError("not_found");
  return entryReply(personal, found.entry, found.from, call);
}
