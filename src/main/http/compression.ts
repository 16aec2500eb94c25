import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip, zstdCompress } from "node:zlib";
import type { Reply } from "./reply.ts";

/** Minimum length at which compression is worthwhile: shorter answers fit one packet anyway. */
const MIN_LENGTH = 1_024;

/** Best first: zstd and Brotli at level 4 compress as well as gzip here in less time. */
const ENCODINGS = ["zstd", "br", "gzip"] as const;
type Encoding = (typeof ENCODINGS)[number];

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const COMPRESS: Readonly<Record<Encoding, (text: string) => Promise<Buffer<ArrayBuffer>>>> = {
  zstd: promisify(zstdCompress) as (text: string) => Promise<Buffer<ArrayBuffer>>,
  br: (text) => promisify(brotliCompress)(text, BROTLI),
  gzip: (text) => promisify(gzip)(text),
};

const COMPRESSIBLE = /^(application\/(\w+\+)?(json|xml|javascript)|text\/(?!event-stream)|image\/svg)/;

/** A shared reply by encoding, including `identity`: each is compressed once. */
type Variants = Map<Encoding | "identity", Reply | Promise<Reply>>;
const variants = new WeakMap<Reply, Variants>();

/**
 * The reply in the best encoding that the client accepts; unchanged if it is small or not text.
 *
 * Compression runs in libuv's thread pool, not on the thread that serves all clients. Copies of a shared
 * reply live as long as the cached answer. They fit the cache's bound, which counts two bytes per character,
 * while JSON mostly takes one.
 */
export function encoded(reply: Reply, { headers }: IncomingMessage): Reply | Promise<Reply> {
  if (!isCompressible(reply)) return reply;
  const encoding = negotiate(headers["accept-encoding"]);
  return reply.shared ? kept(reply, encoding) : inEncoding(reply, encoding);
}

function kept(reply: Reply, encoding: Encoding | "identity"): Reply | Promise<Reply> {
  const known = variantsOf(reply);
  const ready = known.get(encoding);
  if (ready !== undefined) return ready;
  const made = inEncoding(reply, encoding);
  known.set(encoding, made);
  if (made instanceof Promise) void made.then((settled) => known.set(encoding, settled));
  return made;
}

const isCompressible = ({ status, body, headers }: Reply): boolean =>
  status === 200 &&
  typeof body === "string" &&
  body.length >= MIN_LENGTH &&
  COMPRESSIBLE.test(headers["content-type"]!);

function variantsOf(reply: Reply): Variants {
  const known = variants.get(reply);
  if (known !== undefined) return known;
  const none: Variants = new Map();
  variants.set(reply, none);
  return none;
}

const varying = (reply: Reply): Reply => ({ ...reply, headers: { ...reply.headers, vary: varyOf(reply) } });

const varyOf = ({ headers: { vary } }: Reply): string =>
  vary === undefined ? "accept-encoding" : `${vary}, accept-encoding`;

const inEncoding = (reply: Reply, encoding: Encoding | "identity"): Reply | Promise<Reply> =>
  encoding === "identity" ? varying(reply) : compressed(reply, encoding);

async function compressed(reply: Reply, encoding: Encoding): Promise<Reply> {
  try {
    const body = await COMPRESS[encoding](reply.body as string);
    return { ...reply, body, headers: encodedHeaders(reply, encoding) };
  } catch {
    // Out of memory: the uncompressed answer is correct as well.
    return varying(reply);
  }
}

function encodedHeaders(reply: Reply, encoding: Encoding): Record<string, string> {
  const { headers } = varying(reply);
  const { etag } = headers;
  return {
    ...headers,
    "content-encoding": encoding,
    ...(etag === undefined ? {} : { etag: suffixed(etag, encoding) }),
  };
}

/** RFC 9110, 8.8.3.3: a strong ETag identifies one encoding. ETags contain no other semicolon. */
const suffixed = (etag: string, encoding: Encoding): string => `${etag.slice(0, -1)};${encoding}"`;

/** The ETag without its encoding: all encodings show the same state. */
export const withoutEncoding = (etag: string): string => etag.replace(/;(zstd|br|gzip)"$/, '"');

/** `Accept-Encoding` has few distinct values, so results are cached: a hit parses nothing. */
const negotiated = new Map<string, Encoding | "identity">();
const MAX_NEGOTIATED = 1_000;

function negotiate(accept: string | undefined): Encoding | "identity" {
  if (accept === undefined) return "identity";
  const known = negotiated.get(accept);
  if (known !== undefined) return known;
  if (negotiated.size >= MAX_NEGOTIATED) negotiated.clear();
  const best = preferred(accept);
  negotiated.set(accept, best);
  return best;
}

/** RFC 9110, 12.5.3: the supported encoding of highest weight; among equals the first of ours. */
function preferred(accept: string): Encoding | "identity" {
  const weights = new Map(accept.toLowerCase().split(",").map(weightOf));
  const weight = (encoding: string) => weights.get(encoding) ?? weights.get("*") ?? 0;
  const best = ENCODINGS.reduce((a, b) => (weight(b) > weight(a) ? b : a));
  return weight(best) > 0 ? best : "identity";
}

function weightOf(offer: string): [encoding: string, weight: number] {
  const [encoding = "", ...parameters] = offer.split(";").map((part) => part.trim());
  const q = parameters.find((parameter) => parameter.startsWith("q="));
  return [encoding === "x-gzip" ? "gzip" : encoding, q === undefined ? 1 : Number(q.slice(2)) || 0];
}
