import type { IncomingMessage } from "node:http";
import { REQUEST_HEADERS, RESPONSE_HEADERS } from "./described-headers.ts";

type Headers = Readonly<Record<string, string>>;

/** Adds the headers for a page of another origin. @param headers the response's own. */
export type Cors = (incoming: IncomingMessage, headers: Headers) => Headers;

/** Seconds for which a browser may cache a preflight. Chromium's maximum. */
const MAX_AGE = "7200";

const ALLOWED = ["Authorization", "Content-Type", "X-Request-Id", ...Object.keys(REQUEST_HEADERS)].join(", ");
const EXPOSED = Object.keys(RESPONSE_HEADERS).join(", ");

/**
 * Cross-origin requests from a list of origins. An empty list turns it off, at no cost for a response.
 *
 * No credentials: a page of another origin with a key sends it itself, and cookies stay with the server's own
 * origin.
 */
export function corsFor(origins: readonly string[]): Cors | undefined {
  if (origins.length === 0) return undefined;
  const allowed = new Set(origins);
  return ({ method, headers: { origin } }, { vary, allow }) => {
    const varied = { vary: vary === undefined ? "origin" : `${vary}, origin` };
    if (origin === undefined || !allowed.has(origin)) return varied;
    const granted = { ...varied, "access-control-allow-origin": origin };
    return method === "OPTIONS"
      ? { ...granted, ...preflight(allow ?? "") }
      : { ...granted, "access-control-expose-headers": EXPOSED };
  };
}

const preflight = (methods: string): Headers => ({
  "access-control-allow-methods": methods,
  "access-control-allow-headers": ALLOWED,
  "access-control-max-age": MAX_AGE,
});
