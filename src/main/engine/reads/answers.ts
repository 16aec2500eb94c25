import { AppError } from "../../../shared/errors.ts";
import type { ReadRow } from "../../../shared/protocol.ts";
import type { Cache, Entry, Moment } from "../cache/cache.ts";
import type { ReadAnswer } from "./lane.ts";
import type { AnyRead, Read } from "./read.ts";

/** The part of a lane that this needs. */
export interface Reader {
  read(request: readonly [sql: string, params: Record<string, string | number | null>]): Promise<ReadAnswer>;
}

export type CacheResult = "hit" | "miss" | "coalesced" | "bypass";

/** What a read runs. */
export type ReadStatement = ReturnType<AnyRead["statement"]>;

/** An answer and its source. */
export interface Found {
  readonly entry: Entry;
  readonly from: CacheResult;
}

export interface AnswersOptions {
  readonly cache: Cache;
  readonly lanes: Readonly<Record<"point" | "scan", Reader>>;
  readonly onLookup: (read: AnyRead, result: CacheResult) => void;
  readonly onRead: (read: AnyRead, statement: ReadStatement, answer: ReadAnswer) => void;
  /** @param ms how long the caller waited for it. */
  readonly onReadFailed: (read: AnyRead, statement: ReadStatement, error: unknown, ms: number) => void;
}

interface Flight {
  readonly began: Moment;
  readonly entry: Promise<Entry | null>;
}

/**
 * Answers reads from the cache, from an identical read in flight, or from a lane.
 *
 * Identical reads in flight are coalesced. A request joins a flight only if none of the tags that may concern the
 * read was touched since the flight began: so a request sent after an acknowledged write never gets the state
 * before it. See `concerns` for those tags.
 */
export class Answers {
  readonly #options: AnswersOptions;
  readonly #flights = new Map<string, Flight>();

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  static key(read: AnyRead, params: unknown): string {
    return `${read.name} ${JSON.stringify(params)}`;
  }

  /** The cached answer, synchronously: the hot path. */
  cached<P>(read: Read<P>, key: string): Entry | undefined {
    const entry = this.#options.cache.get(read.cache.table, key);
    if (entry !== undefined) this.#options.onLookup(read, "hit");
    return entry;
  }

  /** @returns null if there is no such row. @throws AppError as the lane does. */
  async fetch<P>(read: Read<P>, params: P, key: string): Promise<Found | null> {
    if (!this.#options.cache.enabled || read.cache.table === "none") {
      this.#options.onLookup(read, "bypass");
      return found(await this.#run(read, params, key, this.#options.cache.moment), "bypass");
    }
    const flight = this.#joinable(read, params, key);
    this.#options.onLookup(read, flight === undefined ? "miss" : "coalesced");
    if (flight !== undefined) return found(await flight.entry, "coalesced");
    return found(await this.#startFlight(read, params, key), "miss");
  }

  #joinable<P>(read: Read<P>, params: P, key: string): Flight | undefined {
    const flight = this.#flights.get(key);
    if (flight === undefined) return undefined;
    return this.#options.cache.movedSince(flight.began, concerns(read, params)) ? undefined : flight;
  }

  #startFlight<P>(read: Read<P>, params: P, key: string): Promise<Entry | null> {
    const began = this.#options.cache.moment;
    const entry = this.#run(read, params, key, began).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    const flight: Flight = { began, entry };
    this.#flights.set(key, flight);
    return entry;
  }

  async #rowOf<P>(read: Read<P>, params: P): Promise<ReadRow | null> {
    const statement = read.statement(params, new Date());
    const asked = performance.now();
    try {
      const answer = await this.#options.lanes[read.lane].read([statement.sql, statement.params]);
      this.#options.onRead(read, statement, answer);
      return answer.row;
    } catch (error) {
      this.#options.onReadFailed(read, statement, error, performance.now() - asked);
      throw error;
    }
  }

  async #run<P>(read: Read<P>, params: P, key: string, began: Moment): Promise<Entry | null> {
    const known = read.shortcut === undefined ? null : await this.#rowOf(read.shortcut, params);
    const row = known ?? (await this.#rowOf(read, params));
    if (row === null) return null;
    const [body, etag, rowTags] = row;
    if (body === null || etag === null)
      throw new AppError("internal", { detail: `${read.name} returned no text` });
    const tags = [...read.cache.tags(params), ...(rowTags === null ? [] : rowTags.split(" "))];
    return this.#options.cache.fill(
      read.cache.table,
      key,
      { body, etag, lifetime: read.cache.lifetime },
      tags,
      began,
    );
  }
}

/**
 * The tags that a read's answer may have, before it has run: the known tags; the kind of each (`tracks` of
 * `tracks:17`); and the kinds whose entities only the row names. The kind is included because adding an entity
 * touches only its kind (its id is not known before) and decides whether there is an answer.
 */
export function concerns<P>({ cache }: Read<P>, params: P): readonly string[] {
  const tags = cache.tags(params);
  const kinds = tags.filter((tag) => tag.includes(":")).map((tag) => tag.slice(0, tag.indexOf(":")));
  return [...tags, ...kinds, ...cache.joins];
}

const found = (entry: Entry | null, from: CacheResult): Found | null => entry && { entry, from };
