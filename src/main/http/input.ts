import type { IncomingMessage } from "node:http";
import { setImmediate as endOfTurn } from "node:timers/promises";
import type { z } from "zod";
import { AppError } from "../../shared/errors.ts";
import { nothing } from "../engine/reads/read.ts";
import { BODIES } from "./body-budget.ts";
import { withoutEncoding } from "./compression.ts";
import { inputErrors, type Place } from "./input-errors.ts";
import { type JsonBounds, JsonScan } from "./json-bounds.ts";
import type { Call } from "./route.ts";

/** Validates input from outside. Code behind it does not check again. */

/**
 * The query as an object of texts.
 *
 * @throws AppError `bad_request` for invalid percent-encoding, `invalid` for a parameter given twice.
 */
export function parseQuery(url: string): Record<string, string> {
  const start = url.indexOf("?");
  if (start === -1) return {};
  const query: Record<string, string> = Object.create(null);
  for (const pair of url.slice(start + 1).split("&")) {
    if (pair === "") continue;
    const [name, value] = decodePair(pair);
    if (name in query)
      throw new AppError("invalid", { errors: [{ parameter: name, detail: "is given more than once" }] });
    query[name] = value;
  }
  return query;
}

function decodePair(pair: string): [name: string, value: string] {
  const [name, ...rest] = pair.split("=");
  try {
    const decode = (text: string) => decodeURIComponent(text.replaceAll("+", " "));
    return [decode(name!), decode(rest.join("="))];
  } catch {
    throw new AppError("bad_request", { detail: "the query is not valid percent-encoded UTF-8" });
  }
}

/** @throws AppError `invalid` with each parameter or field, what was expected and what was given. */
export function validate<T>(schema: z.ZodType<T>, value: unknown, at: Place): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const known = "shape" in schema ? Object.keys(schema.shape as object) : [];
  throw new AppError("invalid", { errors: inputErrors(result.error.issues, value, known, at) });
}

/** For routes without parameters: a query is refused. */
export const noParameters: z.ZodObject = nothing;

/** The path's parameters; refuses a query. @throws AppError `invalid`. */
export function pathOf<T>(call: Call, schema: z.ZodObject): T {
  const names = Object.keys(schema.shape);
  if (names.length === 0 && !call.incoming.url!.includes("?")) return {} as T;
  const given = {
    ...parseQuery(call.url),
    ...Object.fromEntries(names.map((name) => [name, call.param(name)])),
  };
  return validate(schema, given, "parameter") as T;
}

/** Default limits of a request's body. */
export const BODY_BOUNDS: JsonBounds = { bytes: 1_048_576, values: 10_000 };

/** Characters of a body that is parsed at once: it takes a millisecond or two at most. */
const BRIEF = 8_192;

/** Resolves for one caller per turn of the event loop, in order. */
function nextTurn(): Promise<void> {
  turn = turn.then(() => endOfTurn());
  return turn;
}
let turn = Promise.resolve();

/** The parsed body and its text. @throws AppError as {@link readJson} and {@link validate}. */
export async function bodyOf<T>(
  call: Call,
  schema: z.ZodType<T>,
  bounds: JsonBounds = BODY_BOUNDS,
): Promise<{ body: T; text: string }> {
  const { value, text } = await readJson(call, bounds);
  return { body: validate(schema, value, "pointer"), text };
}

/**
 * Reads the body as JSON. The bounds limit both the text in memory and the values parsed: parsing blocks the thread
 * that serves all clients. Only one larger body is parsed and handled per turn of the event loop, so that all other
 * clients are served in between. An operation of a batch has its body already. The body counts against the process's budget until the response.
 *
 * @throws AppError `media_type_unsupported`, `body_too_large`, `body_malformed` or `overloaded`.
 */
export async function readJson(
  { incoming, given }: Pick<Call, "incoming" | "given">,
  bounds: JsonBounds,
): Promise<{ value: unknown; text: string }> {
  if (given !== undefined) return given;
  checkContentType(incoming);
  const text = await readText(incoming, bounds);
  if (text.length > BRIEF) await nextTurn();
  try {
    return { value: JSON.parse(text), text };
  } catch (cause) {
    throw new AppError("body_malformed", { detail: cause instanceof Error ? cause.message : "", cause });
  }
}

const JSON_TYPE = /^application\/(json|merge-patch\+json)\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

export const isJsonType = (type: string): boolean => type === "application/json" || JSON_TYPE.test(type);

/** Without parameters, in lower case. */
export const mediaTypeOf = (type: string): string => type.split(";", 1)[0]!.trim().toLowerCase();

/**
 * A body that is not JSON, as a stream.
 *
 * @throws AppError `media_type_unsupported`, `body_too_large`; while streaming `body_too_large` and
 *   `bad_request`.
 */
export function streamOf(
  incoming: Asking,
  accepts: readonly string[],
  maxBytes: number,
): { type: string; chunks: AsyncGenerator<Buffer> } {
  const type = mediaTypeOf(incoming.headers["content-type"] ?? "");
  if (!accepts.includes(type))
    throw new AppError("media_type_unsupported", {
      detail: `expected ${accepts.join(" or ")}, got ${type || "no Content-Type"}`,
    });
  checkEncoding(incoming);
  if (Number(incoming.headers["content-length"] ?? 0) > maxBytes) throw new AppError("body_too_large");
  incoming[ASK]?.();
  return { type, chunks: bounded(incoming, maxBytes) };
}

async function* bounded(incoming: IncomingMessage, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      bytes += (chunk as Buffer).length;
      if (bytes > maxBytes) throw new AppError("body_too_large");
      yield chunk as Buffer;
    }
  } catch (cause) {
    // The rest is read and dropped, so that the client gets to read the response.
    incoming.resume();
    throw cause instanceof AppError
      ? cause
      : new AppError("bad_request", { detail: "the body ended early", cause });
  }
}

function checkContentType(incoming: IncomingMessage): void {
  const { headers } = incoming;
  const type = headers["content-type"];
  if (type === undefined || !isJsonType(type)) {
    throw new AppError("media_type_unsupported", { detail: `got ${type ?? "no Content-Type"}` });
  }
  checkEncoding(incoming);
}

function checkEncoding({ headers }: IncomingMessage): void {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new AppError("media_type_unsupported", { detail: `got Content-Encoding ${encoding}` });
  }
}

/** Stored on the request itself, as in body-budget.ts. */
const ASK = Symbol("asks for the body");

type Asking = IncomingMessage & { [ASK]?: () => void };

/** Registers an action for when the body is read: the client waits for `100 Continue`. */
export function beforeReading(incoming: Asking, ask: () => void): void {
  incoming[ASK] = ask;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

function readText(incoming: Asking, { bytes: maxBytes, values }: JsonBounds): Promise<string> {
  const announced = Number(incoming.headers["content-length"] ?? 0);
  if (announced > maxBytes) throw new AppError("body_too_large");
  incoming[ASK]?.();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const scan = new JsonScan(values);
    let bytes = 0;
    const end = () => {
      BODIES.arrived(incoming);
      decode(chunks, resolve, reject);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      const refused = bytes > maxBytes ? new AppError("body_too_large") : refusal(incoming, chunk, scan);
      if (refused !== undefined) return ignoreRest(refused);
      chunks.push(chunk);
      if (chunks.length === 1 && bytes !== announced) BODIES.arrives(incoming, () => ignoreRest(tooMany()));
    };
    // The rest is read and dropped, so that the client gets to read the response.
    const ignoreRest = (reason: AppError) => {
      incoming.off("data", take).off("end", end).resume();
      chunks.length = 0;
      BODIES.release(incoming);
      reject(reason);
    };
    incoming.on("data", take).on("end", end);
    incoming.on("close", () => {
      if (!incoming.readableEnded) reject(new AppError("bad_request", { detail: "the body ended early" }));
    });
  });
}

function refusal(incoming: IncomingMessage, chunk: Buffer, scan: JsonScan): AppError | undefined {
  const past = scan.take(chunk);
  if (past !== undefined) return new AppError("body_too_large", { detail: `the body is ${past}` });
  return BODIES.take(incoming, chunk.length) ? undefined : tooMany();
}

const tooMany = (): AppError =>
  new AppError("overloaded", { detail: "too many request bodies are in memory" });

function decode(
  chunks: readonly Buffer[],
  resolve: (text: string) => void,
  reject: (error: AppError) => void,
): void {
  try {
    resolve(utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  } catch (cause) {
    reject(new AppError("body_malformed", { detail: "not valid UTF-8", cause }));
  }
}

/** `*` matches any ETag. */
export const isAny = (header: string | undefined): boolean => header?.trim() === "*";

/** The ETags of If-Match or If-None-Match without their encoding; undefined for a missing header and for `*`. */
export function parseEtags(header: string | undefined): string[] | undefined {
  return givenEtags(header)?.map(withoutEncoding);
}

function givenEtags(header: string | undefined): string[] | undefined {
  if (header === undefined || isAny(header)) return undefined;
  return header.match(/(?:W\/)?"[^"]*"/g) ?? [];
}

/**
 * Strong comparison, as RFC 9110 requires for If-Match. The server's ETags are strong, so a weak one matches
 * nothing.
 */
export function ifMatch(header: string | undefined, etag: string): boolean {
  return parseEtags(header)?.includes(etag) ?? true;
}

/** Weak comparison, as RFC 9110 asks for If-None-Match. */
export const noneMatch = (header: string | undefined, etag: string): boolean =>
  matchedEtag(header, etag) === undefined;

/** The ETag of If-None-Match that names this state, as a 304 repeats it: with the encoding that the client has. */
export function matchedEtag(header: string | undefined, etag: string): string | undefined {
  if (header === undefined) return undefined;
  if (header === etag || isAny(header)) return etag;
  const strong = givenEtags(header)?.map((candidate) => candidate.replace(/^W\//, ""));
  return strong?.find((candidate) => withoutEncoding(candidate) === etag);
}

/** @throws AppError `invalid` unless it is 1 to 255 printable ASCII characters. */
export function idempotencyKey({ headers }: IncomingMessage): string | undefined {
  const key = headers["idempotency-key"];
  if (key === undefined) return undefined;
  if (typeof key === "string" && /^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new AppError("invalid", {
    errors: [
      { parameter: "Idempotency-Key", detail: "must be 1 to 255 printable ASCII characters without spaces" },
    ],
  });
}
