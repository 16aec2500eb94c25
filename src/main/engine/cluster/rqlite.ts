import { Agent, type IncomingMessage, request } from "node:http";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../shared/errors.ts";
import type { Param } from "../../../shared/protocol.ts";
import type { Nodes } from "./nodes.ts";

/** The result of one item of a request. */
export interface Result {
  readonly error?: string;
  /** Rows of a statement with RETURNING, or of a query. */
  readonly values?: readonly (readonly Param[])[];
  /** Seconds. */
  readonly time?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Where a follower redirects to. */
  readonly location: string | undefined;
}

export interface Asked {
  readonly method?: "GET" | "POST";
  /** JSON. */
  readonly body?: string;
  /** Milliseconds. */
  readonly ms: number;
}

/** Milliseconds that one attempt may take: a leader that is stopped or cut off keeps its connections open. */
const ATTEMPT_MS = 3_000;
/** Milliseconds between two attempts. */
const PAUSE_MS = 50;
const SOCKETS = 8;

/**
 * No rewriting of clocks and randomness: there are none in what is sent, and rqlite drops what follows a statement that
 * it rewrites. A follower redirects instead of forwarding, so that what it refuses was not sent on.
 */
const EXECUTE = "/db/execute?timings&norwrandom&norwtime&redirect";

/**
 * A client of the cluster: finds the leader, follows it, and tries again while it changes.
 *
 * Every error may mean that the request was applied, except a refused connection and a redirect: a leader that is killed
 * has often applied what it could not answer. So a request that changes anything must recognise itself when it comes
 * again, see `batch.ts`.
 */
export class Rqlite {
  readonly #nodes: Nodes;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  /** Base URL. */
  #leader: string;
  #next = 0;

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
    this.#leader = nodes.urls[0]!;
  }

  /** Base URL of the node whose file this server reads. */
  get own(): string {
    return this.#nodes.urls[0]!;
  }

  /** Base URL of the leader, as far as known. */
  get leader(): string {
    return this.#leader;
  }

  /**
   * Sends one request, which is one entry of the Raft log, until it is answered.
   *
   * @param patienceMs milliseconds until it is given up.
   * @throws AppError `writer_lost`: it reached no node; `outcome_unknown`: it may have been applied.
   */
  async execute(body: string, patienceMs: number, onRetry: () => void): Promise<readonly Result[]> {
    const end = performance.now() + patienceMs;
    let reached = false;
    for (let cause: unknown; ; ) {
      try {
        const answer = await this.ask(this.#leader, EXECUTE, { body, ms: ATTEMPT_MS });
        if (this.#redirected(answer)) continue;
        return resultsOf(answer);
      } catch (error) {
        cause = error;
        reached ||= !isRefused(error);
      }
      if (performance.now() + PAUSE_MS > end) throw givenUp(reached, cause);
      onRetry();
      await delay(PAUSE_MS);
      this.#tryNext();
    }
  }

  /**
   * Asks the leader, through this server's own node if it answers.
   *
   * @param ms milliseconds for each node.
   * @throws AppError `writer_lost` if no node with a leader answers; `internal` for SQL that fails.
   */
  async query(sql: string, ms: number): Promise<{ rows: readonly (readonly Param[])[]; from: string }> {
    const path = `/db/query?level=weak&timeout=${ms}ms&q=${encodeURIComponent(sql)}`;
    for (const from of this.#nodes.urls) {
      const [result] = await this.ask(from, path, { method: "GET", ms }).then(resultsOf, () => []);
      if (result?.error !== undefined) throw new AppError("internal", { detail: result.error });
      if (result !== undefined) return { rows: result.values ?? [], from };
    }
    throw new AppError("writer_lost", { detail: "no node of the cluster knows a leader" });
  }

  async ask(url: string, path: string, asked: Asked): Promise<Answer> {
    const answer = await this.open(url, path, asked);
    return { status: answer.statusCode!, text: await text(answer), location: answer.headers.location };
  }

  /** The answer as a stream. */
  open(url: string, path: string, { method = "POST", body, ms }: Asked): Promise<IncomingMessage> {
    const { authorization } = this.#nodes;
    const headers = {
      ...(authorization === undefined ? {} : { authorization }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(body === undefined ? {} : { "content-length": Buffer.byteLength(body) }),
    };
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const signal = AbortSignal.timeout(ms);
    request(new URL(path, url), { method, headers, agent: this.#agent, signal }, resolve)
      .on("error", reject)
      .end(body);
    return promise;
  }

  /** Sends a stream of known length. */
  async send(url: string, path: string, content: Readable, bytes: number, ms: number): Promise<Answer> {
    const { authorization } = this.#nodes;
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = {
      ...(authorization === undefined ? {} : { authorization }),
      ...{ "content-type": "application/octet-stream", "content-length": bytes },
    };
    const options = { method: "POST", headers, agent: this.#agent, signal: AbortSignal.timeout(ms) };
    content.on("error", reject).pipe(request(new URL(path, url), options, resolve).on("error", reject));
    const answer = await promise;
    return { status: answer.statusCode!, text: await text(answer), location: answer.headers.location };
  }

  close(): void {
    this.#agent.destroy();
  }

  #redirected({ status, location }: Answer): boolean {
    if (status !== 301 || location === undefined) return false;
    const { origin } = new URL(location);
    if (origin === this.#leader) throw new Error(`${origin} redirects to itself`);
    this.#leader = origin;
    return true;
  }

  #tryNext(): void {
    this.#leader = this.#nodes.urls[this.#next++ % this.#nodes.urls.length]!;
  }
}

/** @throws Error for anything but results. */
export function resultsOf({ status, text }: Answer): readonly Result[] {
  if (status !== 200) throw new Error(`${status}: ${text.slice(0, 200)}`);
  const { results, error } = JSON.parse(text) as { results?: readonly Result[]; error?: string };
  if (error !== undefined || results === undefined) throw new Error(error ?? "an answer without results");
  return results;
}

const isRefused = (error: unknown): boolean => (error as { code?: unknown }).code === "ECONNREFUSED";

function givenUp(reached: boolean, cause: unknown): AppError {
  const detail = "the cluster has no leader that answers";
  return new AppError(reached ? "outcome_unknown" : "writer_lost", { detail, cause });
}
