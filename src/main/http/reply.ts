import type { IncomingMessage } from "node:http";
import { AppError, ERRORS } from "../../shared/errors.ts";

/**
 * A response as plain data, so that the request id can be added and the server's fast path is used (no Headers
 * object, no stream).
 */
export interface Reply {
  readonly status: number;
  readonly body: string | Uint8Array<ArrayBuffer> | null;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether this object answers many requests, so that data derived from it can be cached. */
  readonly shared?: true;
  /** Replaces the body: sent piece by piece, as fast as the client takes it. */
  readonly stream?: Pieces | ((life: StreamLife) => Pieces);
}

export type Pieces = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Conditions that end a stream early, for streams that are endless or last minutes. */
export interface StreamLife {
  /** Aborts when the server shuts down. */
  readonly ending: AbortSignal;
  /** Whether the client may still receive it: its session or key has not ended, and permits it. */
  readonly permitted: () => boolean | Promise<boolean>;
  /** Closes the connection, unless everything was sent. */
  readonly drop: () => void;
}

/** On every response: no sniffing, no framing, no use as a page. */
export const API_HEADERS = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
} as const;

export const json = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Reply & { readonly body: string } => ({
  status,
  body,
  headers: { ...API_HEADERS, ...headers },
});

export const empty = (status: number, headers: Record<string, string> = {}): Reply => {
  const { "content-type": _, ...rest } = API_HEADERS;
  return { status, body: null, headers: { ...rest, ...headers } };
};

/** RFC 9457. `type` links to the error's documentation. */
export function problem(error: AppError, requestId: string, headers: Record<string, string> = {}): Reply {
  const { status, title, hint, retry } = ERRORS[error.code];
  const wait = retry === false ? false : (error.retryAfter ?? retry);
  const body = JSON.stringify({
    type: `/docs/errors#${error.code}`,
    title,
    status,
    detail: error.message === title ? hint : `${error.message}. ${hint}`,
    code: error.code,
    request_id: requestId,
    ...(error.errors === undefined ? {} : { errors: error.errors }),
  });
  return {
    status,
    body,
    headers: {
      ...API_HEADERS,
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      ...(wait === false ? {} : { "retry-after": String(wait) }),
      ...error.headers,
      ...headers,
    },
  };
}

/** A valid incoming X-Request-Id is kept. Otherwise one is generated, unique within and across processes. */
const PROCESS = `${Date.now().toString(36)}${process.pid.toString(36)}`;
let requests = 0;

export function requestIdOf(incoming: IncomingMessage | undefined): string {
  const given = incoming?.headers["x-request-id"];
  if (typeof given === "string" && /^[\w.:-]{1,128}$/.test(given)) return given;
  return `${PROCESS}-${(++requests).toString(36)}`;
}

export function toAppError(error: unknown): AppError {
  return error instanceof AppError ? error : new AppError("internal", { cause: error });
}
