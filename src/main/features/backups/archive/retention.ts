import { type Manifest, newestFirst } from "./manifest.ts";

/** Backups to keep: the latest ones, and the newest of each of the latest days and weeks with backups. */
export interface Retention {
  readonly last: number;
  readonly daily: number;
  readonly weekly: number;
}

/**
 * Decides which backups to keep. A backup is kept if any rule selects it. Days and weeks are in UTC; weeks begin on
 * Monday. The newest backup is always kept.
 */
export function retain(
  backups: readonly Manifest[],
  { last, daily, weekly }: Retention,
): { kept: Manifest[]; removed: Manifest[] } {
  const sorted = backups.toSorted(newestFirst);
  const wanted = new Set([
    ...sorted.slice(0, Math.max(1, last)),
    ...newestOfEach(sorted, dayOf).slice(0, daily),
    ...newestOfEach(sorted, weekOf).slice(0, weekly),
  ]);
  return {
    kept: sorted.filter((backup) => wanted.has(backup)),
    removed: sorted.filter((backup) => !wanted.has(backup)),
  };
}

const DAY = 86_400_000;

const dayOf = ({ created_at }: Manifest): number => Math.floor(Date.parse(created_at) / DAY);

/** 1970-01-01 was a Thursday. */
const weekOf = (backup: Manifest): number => Math.floor((dayOf(backup) + 3) / 7);

function newestOfEach(sorted: readonly Manifest[], periodOf: (backup: Manifest) => number): Manifest[] {
  const seen = new Map<number, Manifest>();
  for (const backup of sorted) {
    const period = periodOf(backup);
    if (!seen.has(period)) seen.set(period, backup);
  }
  return [...seen.values()];
}
