import { connectionLost } from "./connection.ts";

/** What the server says of a request that it did not fulfil (RFC 9457). */
export class Problem extends Error {
  override readonly name = "Problem";
  /** 0 where the server did not answer. */
  readonly status: number;
  /** As in docs/errors.md; `unreachable` where the server did not answer. */
  readonly code: string;
  readonly detail: string;
  /** What is wrong with which field or parameter. */
  readonly errors: readonly {
    readonly pointer?: string;
    readonly parameter?: string;
    readonly detail: string;
  }[];
  constructor(status: number, body: Partial<Problem> & { readonly title?: string }) {
    super(body.title ?? `Error ${status}`);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.detail = body.detail ?? "";
    this.errors = body.errors ?? [];
  }
}

export interface Answer<T> {
  readonly data: T;
  /** Sent as `ifMatch` with a change, so that it fails if somebody changed the thing meanwhile. */
  readonly etag: string | null;
  readonly headers: Headers;
}

export interface Asked {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly ifMatch?: string | null;
  /** A retry with the same key does nothing twice. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/**
 * Sends a request to the server, with the session's cookie.
 *
 * @returns its JSON; null where the answer has no body, text where it is no JSON.
 * @throws Problem, or the `AbortError` of `signal`.
 */
export async function request<T>(path: string, asked: Asked = {}): Promise<Answer<T>> {
  const response = await send(path, asked);
  const data = await bodyOf(response);
  // `/health` is 503 with its report where a check fails.
  const told = /^application\/json\b/.test(response.headers.get("content-type") ?? "");
  if (!response.ok && !told) throw refusal(response.status, data);
  return { data: data as T, etag: response.headers.get("etag"), headers: response.headers };
}

/** The JSON of a GET. */
export const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await request<T>(path, signal === undefined ? {} : { signal })).data;

async function send(path: string, { method = "GET", body, ifMatch, idempotencyKey, signal }: Asked) {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (ifMatch) headers.set("if-match", ifMatch);
  if (idempotencyKey !== undefined) headers.set("idempotency-key", idempotencyKey);
  const init = {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
    signal: signal ?? null,
  };
  try {
    return await fetch(path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    connectionLost();
    throw new Problem(0, { title: "The server does not answer", code: "unreachable" });
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return null;
  return /[/+]json\b/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text;
}

function refusal(status: number, data: unknown): Problem {
  const problem = new Problem(status, typeof data === "object" && data !== null ? data : {});
  if (problem.code === "closing") connectionLost();
  return problem;
}
