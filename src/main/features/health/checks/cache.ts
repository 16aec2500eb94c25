import { atLeast, atMost, type Check } from "../check.ts";

/** Below this many look-ups and fills a ratio is not meaningful. */
const ENOUGH = 1_000;
/**
 * Share of its limit from which a tier counts as full: whole answers are evicted, and large ones leave gaps.
 */
const FULL = 0.8;

/** Whether the cache is worth its memory, over the last five minutes. */
export const CACHE: readonly Check[] = [
  {
    name: "cache_hit_ratio",
    judge: ({ recent, cacheFullness }) => {
      const lookUps = recent.count("lookUps");
      const ratio = lookUps < ENOUGH ? null : recent.count("hits") / lookUps;
      return atLeast(ratio, {
        // A cache that is not full holds every answer there is: more memory would change nothing.
        warn: cacheFullness >= FULL ? 0.3 : 0,
        unit: "ratio",
        advice:
          "The cache is full and answers few requests: raise CHINOOK_CACHE_MB, or set it to 0 to save the memory.",
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
          "Entities are written while they are read, so the answers cannot be cached: batch writes into fewer requests.",
      });
    },
  },
];
