import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import type { CacheTable } from "../cache/cache.ts";

/**
 * A read as data: its name, parameters and SQL, its lane, and its cache policy.
 *
 * The SQL returns one row of three columns: the JSON text of the answer; its ETag, or null to derive it from the
 * text; and tags that only the row knows, or null. No row means not found.
 *
 * A parameter that is compared, or that is a LIMIT or OFFSET by itself, is wrapped in `likely()`. The planner
 * inspects the values of bare parameters in these places (of compared ones because this build has STAT4) and
 * prepares the statement again for every execution. That costs up to ten times the execution itself (25 µs against
 * 2.5 µs for one track, 1,400 µs against 150 µs for a search). `likely` hides the value and changes nothing else.
 */
export interface Read<P = never> {
  readonly name: string;
  readonly lane: "point" | "scan";
  /** Whether the server asks by itself and nobody waits for the answer: that it takes long is no news. */
  readonly background?: boolean;
  readonly params: z.ZodType<P>;
  /** The statement for these parameters. Use few distinct texts: each thread prepares each text once and keeps it. */
  readonly statement: (params: P, now: Date) => { sql: string; params: Record<string, Param> };
  readonly cache: CachePolicy<P>;
  /**
   * Whether all clients get the same answer (the default) or each principal its own. A principal's read gets
   * `principal` as a parameter, so it is part of the cache key.
   */
  readonly audience?: "everybody" | "principal";
  /** A cheaper read of the same answer. If it returns no row, this read runs. */
  readonly shortcut?: Read<P>;
}

export interface CachePolicy<P> {
  readonly table: CacheTable;
  /** Seconds. */
  readonly lifetime: number;
  /** Tags known before the read runs. A write that touches one of them invalidates the answer. */
  readonly tags: (params: P) => readonly string[];
  /**
   * Kinds whose names the answer shows, and whose exact entities only the row knows. A write to such a kind does
   * not invalidate the answer, but a later request never joins a flight that began before the write. The kinds of
   * `tags` are included by default.
   */
  readonly joins: readonly string[];
  /**
   * `coherent`: never older than an acknowledged write. `lifetime`: stale up to its lifetime, and says so with
   * `Age`.
   */
  readonly freshness: "coherent" | "lifetime";
}

/** Hides the parameter type where reads of all kinds are kept together. */
// biome-ignore lint/suspicious/noExplicitAny: parameters are contravariant; the schema checks them at the door
export type AnyRead = Read<any>;

export const read = <P>(definition: Read<P>): Read<P> => Object.freeze(definition);

/**
 * A condition that ends a long read at its deadline. It checks every 1,024th row: often enough to stop in time,
 * rarely enough to cost nothing measurable.
 *
 * @param id SQL of a number that differs from row to row, such as the row's id.
 */
export const inTime = (id: string): string => `(${id} % 1024 <> 0 OR within_deadline())`;

/** For answers that are rarely requested, or differ each time. */
export const UNCACHED = Object.freeze({
  table: "none",
  lifetime: 0,
  tags: () => [],
  joins: [],
  freshness: "coherent",
} as const satisfies CachePolicy<never>);

/** For answers with a table of the cache shared by all features: they are never older than an acknowledged write. */
export const QUERIES = Object.freeze({
  table: "queries",
  lifetime: 300,
  freshness: "coherent",
} as const satisfies Partial<CachePolicy<never>>);

export type Nothing = Readonly<Record<string, never>>;
/** Input of a read or command without parameters. */
export const nothing = z.strictObject({}) as z.ZodObject & z.ZodType<Nothing>;
