import { hash } from "node:crypto";
import { AppError } from "../../shared/errors.ts";
import type { Entry } from "../engine/cache/cache.ts";
import { steadyNow } from "../engine/clock.ts";
import type { CacheResult } from "../engine/reads/answers.ts";
import { ifMatch, matchedEtag } from "./input.ts";
import { empty, json, type Reply } from "./reply.ts";
import type { Call } from "./route.ts";

/** What all answers of one route share, apart from their text. */
export interface Sending {
  /** One person's: no shared cache may store it. */
  readonly personal: boolean;
  /** May be stale; says so with `Age`. */
  readonly aged: boolean;
  /** Has a link to its next page. */
  readonly paged: boolean;
}

const CACHE_STATUS: Readonly<Record<CacheResult, string>> = {
  hit: "chinook; hit",
  miss: "chinook; fwd=miss",
  coalesced: "chinook; fwd=miss; collapsed",
  bypass: "chinook; fwd=bypass",
};

/** Replies of cache hits, built once per entry, or once a second where they carry `Age`. */
const hits = new WeakMap<Entry, Reply>();

/** @throws AppError `precondition_failed`. */
export function hitReply(sending: Sending, entry: Entry, call: Call): Reply {
  const ready = hits.get(entry);
  const { headers } = call.incoming;
  const conditional = headers["if-none-match"] !== undefined || headers["if-match"] !== undefined;
  if (ready !== undefined && !conditional && (!sending.aged || ready.headers.age === ageOf(entry)))
    return ready;
  const reply = entryReply(sending, entry, "hit", call);
  if (reply.status !== 200) return reply;
  const shared: Reply = { ...reply, shared: true };
  hits.set(entry, shared);
  return shared;
}

/** @throws AppError `precondition_failed`. */
export function entryReply(sending: Sending, entry: Entry, from: CacheResult, call: Call): Reply {
  const { "if-match": wanted, "if-none-match": known } = call.incoming.headers;
  if (!ifMatch(wanted, entry.etag)) throw new AppError("precondition_failed");
  const headers = headersOf(sending, entry, from, call);
  const matched = matchedEtag(known, entry.etag);
  return matched === undefined ? json(200, entry.body, headers) : empty(304, { ...headers, etag: matched });
}

/** A reply with an ETag derived from its text. @throws AppError `precondition_failed`. */
export function tagged(call: Call, { status, body, headers }: Reply & { readonly body: string }): Reply {
  const etag = `"${hash("sha1", body, "base64url")}"`;
  const { "if-match": wanted, "if-none-match": known } = call.incoming.headers;
  if (!ifMatch(wanted, etag)) throw new AppError("precondition_failed");
  const matched = matchedEtag(known, etag);
  if (matched === undefined) return { status, body, headers: { ...headers, etag } };
  // A 304 replaces headers of the cached response: without its own policy, the page would lose its style.
  const { "cache-control": control, "content-security-policy": policy } = headers;
  return empty(304, { "cache-control": control!, "content-security-policy": policy!, etag: matched });
}

function headersOf(
  { personal, aged, paged }: Sending,
  entry: Entry,
  from: CacheResult,
  call: Call,
): Record<string, string> {
  const headers: Record<string, string> = { etag: entry.etag, "cache-status": CACHE_STATUS[from] };
  headers["cache-control"] = (personal ? "private, " : "") + (aged ? maxAge(entry) : "no-cache");
  if (aged) headers.age = ageOf(entry);
  const changed = lastModified(entry.etag);
  if (changed !== undefined) headers["last-modified"] = changed;
  const next = paged ? nextPage(call.incoming.url!, entry.body) : undefined;
  if (next !== undefined) headers.link = `<${next}>; rel="next"`;
  return headers;
}

/** Seconds. */
const ageOf = ({ storedAt }: Entry): string =>
  String(Math.max(0, Math.floor((steadyNow() - storedAt) / 1_000)));

const maxAge = ({ storedAt, expiresAt }: Entry): string =>
  `max-age=${Math.round((expiresAt - storedAt) / 1_000)}`;

const TIME_AT_END = /(\d{4}-\d\d-\d\dT[\d:.]+Z)"$/;

/** An entity's ETag ends with the time of the last change that it shows. */
export function lastModified(etag: string): string | undefined {
  const time = etag.endsWith('Z"') ? TIME_AT_END.exec(etag)?.[1] : undefined;
  return time === undefined ? undefined : new Date(time).toUTCString();
}

const NEXT = '"next":"';

/**
 * The URL with the cursor at the page's end. A quote in the page's texts is escaped, so it can't be mistaken for
 * it.
 */
function nextPage(url: string, body: string): string | undefined {
  const at = body.lastIndexOf(NEXT);
  if (at === -1) return undefined;
  const start = at + NEXT.length;
  const [path, query] = url.split("?", 2);
  const parameters = new URLSearchParams(query);
  parameters.set("cursor", body.slice(start, body.indexOf('"', start)));
  return `${path}?${parameters}`;
}
