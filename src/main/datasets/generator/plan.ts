import { Draft, type Plan } from "./draft.ts";
import { GENRES } from "./genres.ts";
import { sizesOf } from "./sizes.ts";

export function makePlan(tracks: number, seed: number, now: Date): Plan {
  const draft = new Draft(seed, now.getTime());
  for (const [genre, share] of shareTracks(tracks).entries()) draft.fillGenre(genre, share);
  return draft.finish(sizesOf(tracks));
}

/** Tracks of each genre by largest remainder: the sum is exact, and the largest genre is never empty. */
function shareTracks(tracks: number): number[] {
  const total = GENRES.reduce((sum, { share }) => sum + share, 0);
  const exact = GENRES.map(({ share }) => (share * tracks) / total);
  const counts = exact.map(Math.floor);
  const missing = tracks - counts.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.map((value, genre) => ({ genre, left: value % 1 }));
  byRemainder.sort((a, b) => b.left - a.left || a.genre - b.genre);
  for (const { genre } of byRemainder.slice(0, missing)) counts[genre]!++;
  return counts;
}
