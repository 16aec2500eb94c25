import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { AppError } from "../../shared/errors.ts";
import { isJsonType } from "./input.ts";

/** Spellings of `Host` that were let in and are remembered: a port each, so few in earnest, and as many as a client likes. */
const MAX_REMEMBERED = 1_000;

/** Methods that change nothing (RFC 9110): a page of another site may send them, and cannot read the answer. */
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Refuses what a browser was made to send by a site that is not this server's own. */
export type BrowserGuard = (incoming: IncomingMessage) => void;

/**
 * Two attacks, two checks, since a server on loopback is reachable by every page that its user opens:
 *
 * - DNS rebinding: the page's own name is made to lead here, so that the browser takes this server for that site
 *   and lets the page read it. Only `Host` tells: it must be an address, `localhost` or one of `allowedHosts`.
 *   An address cannot be rebound.
 * - Requests across sites: forms and scripts of other sites may send what changes something, unasked. The rule is
 *   that of Go's CrossOriginProtection: `Sec-Fetch-Site` decides, and where a browser sends none, `Origin` must be
 *   `Host`. Without either it is no browser. Behind that, the only content type is JSON, which no form can send.
 *
 * @param allowedHosts names as `hostName` gives them.
 * @param trustedOrigins whose pages may send what changes something.
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
    if (name === undefined) throw new AppError("bad_request", { detail: `Host is none: ${shown(host)}` });
    if (!names.has(name) && isIP(name) === 0) throw new AppError("host_not_allowed", { detail: shown(name) });
    if (letIn.size >= MAX_REMEMBERED) letIn.clear();
    letIn.add(host);
  };
  return (incoming) => {
    const { host = "" } = incoming.headers;
    if (!letIn.has(host)) checkHost(host);
    if (!SAFE.has(incoming.method!)) checkUnsafe(incoming, trusted.has(incoming.headers.origin));
  };
}

/** @throws AppError `cross_origin` or `media_type_unsupported`. */
function checkUnsafe({ headers }: IncomingMessage, trusted: boolean): void {
  if (!trusted && !isSameOrigin(headers))
    throw new AppError("cross_origin", { detail: shown(headers.origin ?? "") });
  const type = headers["content-type"];
  if (type !== undefined && !isJsonType(type))
    throw new AppError("media_type_unsupported", { detail: `got ${type}` });
}

function isSameOrigin(headers: IncomingMessage["headers"]): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin" || site === "none";
  const { origin, host } = headers;
  return origin === undefined || URL.parse(origin)?.host === host?.toLowerCase();
}

const HOST = /^(?:\[([\da-f:.]+)\]|([^:[\]/?#@\\\s]+?)\.?)(?::\d{0,5})?$/i;

/** A `Host` without its port, brackets and final dot, in lower case; undefined for what is none. */
export function hostName(host: string): string | undefined {
  const [, address, name] = HOST.exec(host) ?? [];
  return (address ?? name)?.toLowerCase();
}

/** As much of a client's header as an error repeats. */
const shown = (text: string): string => `got ${JSON.stringify(text.slice(0, 100))}`;
