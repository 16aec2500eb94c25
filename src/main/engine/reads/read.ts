import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import type { CacheTable } from "../cache/cache.ts";

/**
 * A read as data: what it is called, what it takes, its SQL, where it runs and how long its answer keeps.
 *
 * The SQL gives one row of three columns: the JSON text that is sent as it is; its ETag, or null to have it
 * taken from the text; and tags that only the row knows, or null. No row means not found.
 *
 * A parameter that is compared, or is a LIMIT or OFFSET by itself, stands in `likely()`. The planner looks at the
 * values of such bare parameters (of compared ones because this build has STAT4): the statement would be prepared
 * again for every execution, which costs up to ten times what running it does (25 µs against 2.5 µs for one track,
 * 1,400 µs against 150 µs for a search). `likely` hides the value and changes nothing.
 */
export interface Read<P = never> {
  readonly name: string;
  readonly lane: "point" | "scan";
  readonly params: z.ZodType<P>;
  /** The statement for these parameters: few distinct texts, since each is prepared once a thread and kept. */
  readonly statement: (params: P, now: Date) => { sql: string; params: Record<string, Param> };
  readonly cache: CachePolicy<P>;
  /**
   * Whether the answer is the same for everybody, the default, or one principal's. A principal's read gets the
   * `principal` as a parameter, which makes it part of the cache's key.
   */
  readonly audience?: "everybody" | "principal";
  /** A cheaper read of the same answer, which has no row when it does not know it: then this one runs. */
  readonly shortcut?: Read<P>;
}

export interface CachePolicy<P> {
  readonly table: CacheTable;
  /** Seconds. */
  readonly lifetime: number;
  /** Tags known before the read runs: a write that touches one of them makes the answer stale. */
  readonly tags: (params: P) => readonly string[];
  /**
   * Kinds whose names the answer shows, where the row itself names the exact entities. A write to such a kind does not
   * drop the answer, but a request after it never joins a flight that began before it. The kinds of the tags above
   * need not stand here.
   */
  readonly joins: readonly string[];
  /** `coherent`: never older than an answered write. `lifetime`: may be, up to its lifetime, and says so. */
  readonly freshness: "coherent" | "lifetime";
}

/** Hides the parameter's type where reads of all kinds are kept together. */
// biome-ignore lint/suspicious/noExplicitAny: parameters are contravariant; the schema checks them at the door
export type AnyRead = Read<any>;

export const read = <P>(definition: Read<P>): Read<P> => Object.freeze(definition);

/**
 * A condition that ends a long read at its deadline: every 1,024th row asks whether that has passed. Often enough to
 * stop in time, rarely enough to cost nothing.
 *
 * @param id SQL of a number that differs from row to row, such as the row's id.
 */
export const inTime = (id: string): string => `(${id} % 1024 <> 0 OR within_deadline())`;

/** For answers that are asked for rarely, or differ each time. */
export const UNCACHED = Object.freeze({
  table: "none",
  lifetime: 0,
  tags: () => [],
  joins: [],
  freshness: "coherent",
} as const satisfies CachePolicy<never>);

export type Nothing = Readonly<Record<string, never>>;
/** What a read or a command takes that takes nothing. */
export const nothing = z.strictObject({}) as z.ZodObject & z.ZodType<Nothing>;
