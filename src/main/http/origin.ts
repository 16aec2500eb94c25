import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { AppError } from "../../shared/errors.ts";
import { isJsonType, mediaTypeOf } from "./input.ts";

/**
 * Allowed values of `Host` that are cached. Each port is another value, so there are few in practice, but a client
 * can send any number.
 */
const MAX_REMEMBERED = 1_000;

/** Safe methods (RFC 9110): a page of another site may send them, and can't read the response. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/**
 * Refuses requests that another site made a browser send.
 *
 * @param accepts content types that the route takes besides JSON.
 */
export type BrowserGuard = (incoming: IncomingMessage, accepts?: readonly string[]) => void;

/**
 * Protects against two attacks, since every page that the user opens can reach a server on loopback:
 *
 * - DNS rebinding: the page's own name resolves to this server, so that the browser lets the page read its
 *   responses. `Host` reveals it: it must be an address, `localhost` or one of `allowedHosts`. An address can't be
 *   rebound.
 * - Cross-site request forgery: forms and scripts of other sites may send writes. The rule is that of Go's
 *   CrossOriginProtection: `Sec-Fetch-Site` decides; if the browser sends none, `Origin` must equal `Host`. A
 *   request with neither is not from a browser. In addition, the only content type is JSON, which no form can send, and
 *   `application/x-ndjson` and `text/csv` at routes that declare them: a form sends none of the three, and a script of
 *   another site only after a preflight, which is refused.
 *
 * @param allowedHosts names as returned by `hostName`.
 * @param trustedOrigins origins whose pages may send writes.
 */
export function browserGuard(
  allowedHosts: readonly string[],
  trustedOrigins: readonly string[] = [],
): BrowserGuard {
  const trusted: ReadonlySet<string | undefined> = new Set(trustedOrigins);
  const names = new Set(["localhost", ...allowedHosts]);
  const letIn = new Set<string>();
  const checkHost = (host: string): void => {
    const name = hostName(host);
    if (name === undefined) throw new AppError("bad_request", { detail: `invalid Host: ${shown(host)}` });
    if (!names.has(name) && isIP(name) === 0) throw new AppError("host_not_allowed", { detail: shown(name) });
    if (letIn.size >= MAX_REMEMBERED) letIn.clear();
    letIn.add(host);
  };
  return (incoming, accepts) => {
    const { host = "" } = incoming.headers;
    if (!letIn.has(host)) checkHost(host);
    if (!SAFE.has(incoming.method!)) checkUnsafe(incoming, trusted.has(incoming.headers.origin), accepts);
  };
}

/** @throws AppError `cross_origin` or `media_type_unsupported`. */
function checkUnsafe({ headers }: IncomingMessage, trusted: boolean, accepts: readonly string[] = []): void {
  if (!trusted && !isSameOrigin(headers))
    throw new AppError("cross_origin", { detail: shown(headers.origin ?? "") });
  const type = headers["content-type"];
  if (type !== undefined && !isJsonType(type) && !accepts.includes(mediaTypeOf(type)))
    throw new AppError("media_type_unsupported", { detail: `got ${type}` });
}

function isSameOrigin(headers: IncomingMessage["headers"]): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin, host } = headers;
  return origin === undefined || URL.parse(origin)?.host === host?.toLowerCase();
}

const HOST = /^(?:\[([\da-f:.]+)\]|([^:[\]/?#@\\\s]+?)\.?)(?::\d{0,5})?$/i;

/** A `Host` without port, brackets and final dot, in lower case; undefined if invalid. */
export function hostName(host: string): string | undefined {
  const [, address, name] = HOST.exec(host) ?? [];
  return (address ?? name)?.toLowerCase();
}

/** The part of a client's header that an error repeats. */
const shown = (text: string): string => `got ${JSON.stringify(text.slice(0, 100))}`;
