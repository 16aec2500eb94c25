/** The headers in the API description, each defined once. Routes refer to them by name. */

/** An ETag, strong or weakened by a proxy. */
const TAG = '(W/)?"[^"]*"';

const text = (description: string, schema: object = {}) => ({
  description,
  schema: { type: "string", ...schema },
});

export const REQUEST_HEADERS = {
  "If-Match": text(
    "Proceed only if the ETag is still one of these (412 otherwise); `*`: if the entity exists. Weak ETags match nothing.",
    { pattern: `^(\\*|${TAG}( *, *${TAG})*)$`, example: '"1-2026-01-31T12:00:00.000Z"' },
  ),
  "If-None-Match": text(
    "For GET: answer 304 if the ETag is still one of these. Otherwise: proceed only if it is none of them (412 otherwise). `*`: any.",
    { example: '"1-2026-01-31T12:00:00.000Z"' },
  ),
  "Idempotency-Key": text(
    "Apply the request once, however often it is sent under this key within 24 hours.",
    // Printable ASCII without the space.
    { minLength: 1, maxLength: 255, pattern: "^[!-~]+$" },
  ),
} as const;

export const RESPONSE_HEADERS = {
  "X-Request-Id": text("Identifies the request in the log; the request's own id if it had one."),
  ETag: text("Changes whenever the answer does. For If-None-Match and If-Match."),
  "Last-Modified": text(
    "Last change of the entity, or of one that it names. It has a resolution of one second; ETag is exact.",
  ),
  "Cache-Control": text("How long the answer may be cached, and by whom."),
  "Cache-Status": text("Whether it came from the server's cache (RFC 9211).", {
    example: "chinook; hit",
  }),
  Age: { description: "Seconds since it was computed.", schema: { type: "integer", minimum: 0 } },
  Link: text('The next page, `rel="next"`; none on the last.', {
    example: '</v1/tracks?limit=20&cursor=5B226964222C32302C32305D>; rel="next"',
  }),
  Location: text("URL of the result."),
  "Idempotency-Replayed": text("`true` on the answer of an earlier request under the same key.", {
    enum: ["true"],
  }),
  Truncated: text("`true` if there were more rows than requested, or than fit.", {
    enum: ["true", "false"],
  }),
  "WWW-Authenticate": text("How to authenticate (RFC 6750).", { example: 'Bearer realm="chinook"' }),
  RateLimit: text("Remaining requests, and seconds until the limit is fully available again.", {
    example: '"read";r=5999;t=1',
  }),
  "RateLimit-Policy": text("The limit: number of requests, and seconds.", {
    example: '"read";q=6000;w=60',
  }),
  "Set-Cookie": text("The session, for browsers."),
  "Retry-After": { description: "Seconds to wait.", schema: { type: "integer", minimum: 1 } },
} as const;

export type RequestHeader = keyof typeof REQUEST_HEADERS;
export type ResponseHeader = keyof typeof RESPONSE_HEADERS;
