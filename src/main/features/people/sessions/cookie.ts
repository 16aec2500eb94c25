import type { IncomingMessage } from "node:http";

/** Names that a browser takes `Secure` cookies for over http as well: it trusts its own machine. */
const LOOPBACK = /^(?:127\.0\.0\.1|\[::1\]|(?:[\w-]+\.)*localhost)(?::\d+)?$/i;

/** With the prefix a browser keeps the cookie for this host alone, and takes it over a secure connection alone. */
const SECURE_PREFIX = "__Host-";

/** A session's token, or what a login at a provider is held against when it comes back. */
export type CookieKind = "session" | "oidc";

/**
 * By the scheme that the client sees: what was set for one is not read for the other. Over http on other names than
 * the machine's own a browser drops what is `Secure`.
 */
export const cookieNameFor = (
  incoming: IncomingMessage,
  scheme: "http" | "https",
  kind: CookieKind = "session",
): string =>
  `${scheme === "https" || LOOPBACK.test(incoming.headers.host ?? "") ? SECURE_PREFIX : ""}chinook_${kind}`;

/** The token of the session, if the request has its cookie. */
export function cookieToken(
  incoming: IncomingMessage,
  nameOf: (incoming: IncomingMessage) => string,
): string | undefined {
  const { cookie } = incoming.headers;
  return cookie?.includes("chinook_session=") ? cookieOf(cookie, nameOf(incoming)) : undefined;
}

export function cookieOf(header: string, name: string): string | undefined {
  const start = `${name}=`;
  return header
    .split(";")
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(start))
    ?.slice(start.length);
}

/** @param seconds 0 takes it away. */
export const setCookie = (name: string, token: string, seconds: number): string =>
  `${name}=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${name.startsWith(SECURE_PREFIX) ? "; Secure" : ""}`;
