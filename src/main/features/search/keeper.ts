import { hash } from "node:crypto";
import type { Entry } from "../../engine/cache/cache.ts";
import type { Command } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Logger } from "../../engine/log.ts";
import { Answers } from "../../engine/reads/answers.ts";
import type { Read } from "../../engine/reads/read.ts";
import type { SearchParams } from "./filters.ts";
import { RECORD_SEARCHES, type Searched } from "./statistics.ts";
import {
  POPULAR_NAMES_READ,
  POPULARITY_READ,
  REPLACE_POPULARITY,
  REPLACE_SUGGESTIONS,
} from "./suggestions.ts";
import { learnAll } from "./vocabulary.ts";

export interface SearchKeeperOptions {
  readonly commands: Commands;
  readonly answers: Answers;
  readonly log: Logger;
  readonly delays?: Delays;
}

/** Milliseconds. */
interface Delays {
  /** From a write to learning its words. */
  readonly learn: number;
  /** From a search to writing its count. */
  readonly record: number;
  /** From the start, or a bulk load, to new suggestions; and from those to the next. */
  readonly suggest: number;
  readonly suggestAgain: number;
}

const DELAYS: Delays = { learn: 250, record: 10_000, suggest: 1_000, suggestAgain: 3_600_000 };

/** Maximum different searches counted between two writes; more are not counted. */
const MOST_COUNTED = 1_000;

/** Kinds whose names are words of the vocabulary. */
const NAMED = /^(\*|artists|albums|tracks|genres)$/;

/**
 * Maintains search data in the background: the vocabulary after writes, counts of searches, names to suggest.
 *
 * No request waits for it or fails by it. Counts are kept in a bounded map and written as one command from
 * time to time; what fails is retried at the next turn. `close` writes the remaining counts.
 */
export class SearchKeeper {
  readonly #options: SearchKeeperOptions;
  readonly #delays: Delays;
  readonly #timers = new Map<keyof Delays, NodeJS.Timeout>();
  /** By the cache key of the answer, which contains the parameters. */
  #counts = new Map<string, number>();
  /** The hash of the last written content, by command. */
  readonly #written = new Map<string, string>();
  #closed = false;

  constructor(options: SearchKeeperOptions) {
    this.#options = options;
    this.#delays = options.delays ?? DELAYS;
    this.#later("learn", () => this.#learn());
    this.#later("suggest", () => this.#suggest());
  }

  /** Receives the tags of every commit. */
  wrote(tags: readonly string[]): void {
    if (!tags.some((tag) => NAMED.test(tag))) return;
    this.#later("learn", () => this.#learn());
    if (tags.includes("*")) this.#later("suggest", () => this.#suggest());
  }

  /** Receives every answered search. Constant time. */
  searched(key: string, { body }: Entry): void {
    if (this.#counts.size >= MOST_COUNTED && !this.#counts.has(key)) return;
    if (body.startsWith('{"data":[]')) return;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#later("record", () => this.#record());
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#unharmed("record searches", () => this.#record());
  }

  /** Schedules once; further calls until then have no effect. */
  #later(name: keyof Delays, action: () => Promise<void>): void {
    if (this.#closed || this.#timers.has(name)) return;
    const run = () => {
      this.#timers.delete(name);
      void this.#unharmed(name, action);
    };
    this.#timers.set(name, setTimeout(run, this.#delays[name]).unref());
  }

  async #unharmed(name: string, action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.#closed) this.#options.log.warn({ err: error, task: name }, "search upkeep failed");
    }
  }

  #learn(): Promise<void> {
    return learnAll(this.#options.commands);
  }

  async #record(): Promise<void> {
    const counts = this.#counts;
    this.#counts = new Map();
    const searched = byQuery(counts);
    if (searched.length > 0) await this.#options.commands.execute(RECORD_SEARCHES, searched);
  }

  async #suggest(): Promise<void> {
    this.#later("suggestAgain", () => this.#suggest());
    await this.#replace(POPULARITY_READ, REPLACE_POPULARITY);
    await this.#replace(POPULAR_NAMES_READ, REPLACE_SUGGESTIONS);
  }

  /** Writes only what has changed: without plays or purchases, it costs two reads an hour. */
  async #replace(
    read: Read<Record<string, never>>,
    command: Command<{ readonly names: string }>,
  ): Promise<void> {
    const found = await this.#options.answers.fetch(read, {}, Answers.key(read, {}));
    const names = found?.entry.body ?? "[]";
    const written = hash("sha1", names);
    if (written === this.#written.get(command.name) || this.#closed) return;
    await this.#options.commands.execute(command, { names });
    this.#written.set(command.name, written);
  }
}

/** Merges searches of the same words, however written. Pages after the first are not counted. */
function byQuery(counts: ReadonlyMap<string, number>): Searched[] {
  const sums = new Map<string, number>();
  for (const [key, count] of counts) {
    const { q, cursor } = JSON.parse(key.slice(key.indexOf("{"))) as SearchParams;
    const query = q.trim().toLowerCase().replace(/\s+/gu, " ");
    if (cursor === undefined && query !== "") sums.set(query, (sums.get(query) ?? 0) + count);
  }
  return [...sums].map(([query, searches]) => ({ query, searches }));
}
