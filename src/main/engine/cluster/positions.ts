import type { IncomingMessage } from "node:http";
import { AppError } from "../../../shared/errors.ts";
import { type Position, positionIn, textOf } from "./position.ts";

export interface PositionsOptions {
  /** What answers show from now on, at least. */
  readonly current: () => Position;
  readonly reached: (position: Position, ms: number) => Promise<boolean>;
  /** Milliseconds by which answers may be behind. */
  readonly behindMs: () => number;
}

/** Milliseconds that a request waits for its position. */
const WAIT_MS = 5_000;
/** Requests that wait at once. Past it, one that would wait is answered with `behind`. */
const MOST_WAITING = 1_000;
/** Seconds by which an answer must be behind before it says so: less is between two questions to the leader. */
const TOLD_S = 2;
/** Seconds for which a browser keeps its position: every node has long got there. */
const COOKIE_S = 60;

const HEADER = "chinook-position";
const COOKIE = "chinook_position";

/**
 * Reading one's own writes from any server of a cluster: every answer carries a position, and a request that carries one
 * waits until this server has come as far. Browsers carry it in a cookie.
 */
export class Positions {
  readonly #options: PositionsOptions;
  #waiting = 0;

  constructor(options: PositionsOptions) {
    this.#options = options;
  }

  /**
   * Undefined if the request need not wait.
   *
   * @throws AppError `bad_request` for a header that is no position; `behind` if this server does not get there in time.
   */
  held({ headers }: IncomingMessage): Promise<void> | undefined {
    const given = headers[HEADER];
    const text = typeof given === "string" ? given : cookieIn(headers.cookie);
    if (text === undefined) return undefined;
    const position = positionIn(text);
    if (position !== undefined) return this.#wait(position);
    if (given === undefined) return undefined;
    const detail = "Chinook-Position: expected what an answer of this cluster had";
    throw new AppError("bad_request", { detail });
  }

  async #wait(position: Position): Promise<void> {
    const patience = this.#waiting < MOST_WAITING ? WAIT_MS : 0;
    this.#waiting++;
    const reached = await this.reaches(position, patience);
    this.#waiting--;
    if (!reached) throw new AppError("behind");
  }

  /** What answers show from now on, at least. */
  get current(): Position {
    return this.#options.current();
  }

  /** @returns whether answers show the position within the time. */
  reaches(position: Position, ms: number): Promise<boolean> {
    return this.#options.reached(position, ms);
  }

  /** Seconds by which answers may be behind. */
  get behindSeconds(): number {
    return this.#options.behindMs() / 1_000;
  }

  /** Headers of an answer, names and values in turn. */
  headersOf({ method, headers }: IncomingMessage, sets: boolean): string[] {
    const position = textOf(this.current);
    const fields = [HEADER, position];
    const wrote = method !== "GET" && method !== "HEAD";
    if (wrote && !sets && headers["sec-fetch-site"] !== undefined)
      fields.push("set-cookie", `${COOKIE}=${position}; Path=/; Max-Age=${COOKIE_S}; HttpOnly; SameSite=Lax`);
    const behind = Math.floor(this.behindSeconds);
    if (!wrote && behind >= TOLD_S) fields.push("age", String(behind));
    return fields;
  }
}

const cookieIn = (cookies: string | undefined): string | undefined =>
  cookies === undefined ? undefined : /(?:^|;\s*)chinook_position=([^;]*)/.exec(cookies)?.[1];
