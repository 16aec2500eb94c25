import { hash } from "node:crypto";
import { AppError } from "../../shared/errors.ts";
import type { Entry } from "../engine/cache/cache.ts";
import { steadyNow } from "../engine/clock.ts";
import type { CacheResult } from "../engine/reads/answers.ts";
import { ifMatch, noneMatch } from "./input.ts";
import { empty, json, type Reply } from "./reply.ts";
import type { Call } from "./route.ts";

/** What the answers of one route have in common, beside their text. */
export interface Sending {
  /** Of one person: no cache that others share may keep it. */
  readonly personal: boolean;
  /** May be stale, and says how old it is. */
  readonly aged: boolean;
  /** Leads to its next page. */
  readonly paged: boolean;
}

const CACHE_STATUS: Readonly<Record<CacheResult, string>> = {
  hit: "chinook; hit",
  miss: "chinook; fwd=miss",
  coalesced: "chinook; fwd=miss; collapsed",
  bypass: "chinook; fwd=bypass",
};

/** The replies of entries that were hit, made once: only an age would make one differ from the next. */
const hits = new WeakMap<Entry, Reply>();

/** @throws AppError `precondition_failed`. */
export function hitReply(sending: Sending, entry: Entry, call: Call): Reply {
  const ready = hits.get(entry);
  const { headers } = call.incoming;
  if (ready !== undefined && headers["if-none-match"] === undefined && headers["if-match"] === undefined)
    return ready;
  const reply = entryReply(sending, entry, "hit", call);
  if (reply.status === 200 && !sending.aged) hits.set(entry, reply);
  return reply;
}

/** @throws AppError `precondition_failed`. */
export function entryReply(sending: Sending, entry: Entry, from: CacheResult, call: Call): Reply {
  const { "if-match": wanted, "if-none-match": known } = call.incoming.headers;
  if (!ifMatch(wanted, entry.etag)) throw new AppError("precondition_failed");
  const headers = headersOf(sending, entry, from, call);
  return noneMatch(known, entry.etag) ? json(200, entry.body, headers) : empty(304, headers);
}

/** A reply with an ETag made of its text. @throws AppError `precondition_failed`. */
export function tagged(call: Call, { status, body, headers }: Reply & { readonly body: string }): Reply {
  const etag = `"${hash("sha1", body, "base64url")}"`;
  const { "if-match": wanted, "if-none-match": known } = call.incoming.headers;
  if (!ifMatch(wanted, etag)) throw new AppError("precondition_failed");
  return noneMatch(known, etag)
    ? { status, body, headers: { ...headers, etag } }
    : empty(304, { "cache-control": headers["cache-control"]!, etag });
}

function headersOf(
  { personal, aged, paged }: Sending,
  entry: Entry,
  from: CacheResult,
  call: Call,
): Record<string, string> {
  const headers: Record<string, string> = { etag: entry.etag, "cache-status": CACHE_STATUS[from] };
  headers["cache-control"] = (personal ? "private, " : "") + (aged ? maxAge(entry) : "no-cache");
  if (aged) headers.age = String(Math.max(0, Math.floor((steadyNow() - entry.storedAt) / 1_000)));
  const changed = lastModified(entry.etag);
  if (changed !== undefined) headers["last-modified"] = changed;
  const next = paged ? nextPage(call.incoming.url!, entry.body) : undefined;
  if (next !== undefined) headers.link = `<${next}>; rel="next"`;
  return headers;
}

const maxAge = ({ storedAt, expiresAt }: Entry): string =>
  `max-age=${Math.round((expiresAt - storedAt) / 1_000)}`;

const TIME_AT_END = /(\d{4}-\d\d-\d\dT[\d:.]+Z)"$/;

/** The ETag of an entity ends with the time of the last change that it shows. */
export function lastModified(etag: string): string | undefined {
  const time = etag.endsWith('Z"') ? TIME_AT_END.exec(etag)?.[1] : undefined;
  return time === undefined ? undefined : new Date(time).toUTCString();
}

const NEXT = '"next":"';

/** The URL with the cursor that the page ends with; a quote inside the page's texts would stand escaped. */
function nextPage(url: string, body: string): string | undefined {
  const at = body.lastIndexOf(NEXT);
  if (at === -1) return undefined;
  const start = at + NEXT.length;
  const [path, query] = url.split("?", 2);
  const parameters = new URLSearchParams(query);
  parameters.set("cursor", body.slice(start, body.indexOf('"', start)));
  return `${path}?${parameters}`;
}
