import { atLeast, atMost, type Check } from "../check.ts";

/** Look-ups and fills below which a share says nothing. */
const ENOUGH = 1_000;
/** From which share of its bound on a tier counts as full: answers are dropped as they come, large ones leave room. */
const FULL = 0.8;

/** Whether the cache is worth its memory, by the last five minutes. */
export const CACHE: readonly Check[] = [
  {
    name: "cache_hit_ratio",
    judge: ({ recent, cacheFullness }) => {
      const lookUps = recent.count("lookUps");
      const ratio = lookUps < ENOUGH ? null : recent.count("hits") / lookUps;
      return atLeast(ratio, {
        // A cache with room to spare holds all there is to hold: more memory would change nothing.
        warn: cacheFullness >= FULL ? 0.3 : 0,
        unit: "ratio",
        advice:
          "The cache is full and answers few requests: raise CHINOOK_CACHE_MB, or set it to 0 and save the memory.",
      });
    },
  },
  {
    name: "fills_dropped",
    judge: ({ recent }) => {
      const misses = recent.count("misses");
      return atMost(misses < ENOUGH ? null : recent.count("staleFills") / misses, {
        warn: 0.2,
        unit: "ratio",
        advice:
          "Writes overtake reads of the same things, so their answers cannot be kept: gather writes into fewer requests.",
      });
    },
  },
];
