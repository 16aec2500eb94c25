/**
 * The databases that trials copy. `catalogue`: the upstream sample, or a generated one with as many tracks. `busy`:
 * the same with a million plays (`--plays`). The others are generated, without vectors: those alone would take
 * longer than the whole suite.
 */
export const DATABASES = {
  catalogue: { seconds: 10 },
  busy: { seconds: 8 },
  "3500": { tracks: 3_503, seconds: 6 },
  "20000": { tracks: 20_000, seconds: 10 },
  "100000": { tracks: 100_000, seconds: 30 },
  "1000000": { tracks: 1_000_000, seconds: 240 },
} as const satisfies Record<string, { readonly tracks?: number; readonly seconds: number }>;

export type DatabaseName = keyof typeof DATABASES;

export interface Title {
  readonly id: number;
  readonly name: string;
  readonly album: number;
}

/** The content of a database, as far as requests and their answers need it. */
export interface Catalogue {
  readonly file: string;
  readonly bytes: number;
  /** Ids, ascending. For a large catalogue an evenly spaced sample. */
  readonly tracks: readonly number[];
  readonly count: number;
  readonly titles: readonly Title[];
  /** The correct answer for a path, computed outside of any server. */
  readonly answer: (path: string) => string;
  /** The same for answers that depend on the time. */
  readonly answerAt: (path: string, now: Date) => string;
}
