/** Random numbers from 0 to 1, the same sequence for the same seed (mulberry32). */
export function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Draws by Zipf's law with exponent 1: the n-th item is 1/n as likely as the first. */
export function zipf<T>(items: readonly T[], random: () => number): () => T {
  let sum = 0;
  const sums = items.map((_, i) => (sum += 1 / (i + 1)));
  return () => {
    const wanted = random() * sum;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return items[low]!;
  };
}
