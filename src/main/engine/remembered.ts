/**
 * Asks at most once in so many milliseconds; whoever asks in between gets the answer of the last time, or shares the
 * question that is on its way. For gauges whose values take a walk over the catalogue: scrapes come every few
 * seconds, and from as many sides as somebody likes.
 */
export function remembered<T>(ms: number, ask: () => Promise<T>, now = performance.now.bind(performance)) {
  let last: Promise<T> | undefined;
  let askedAt = 0;
  return (): Promise<T> => {
    if (last === undefined || now() - askedAt >= ms) [last, askedAt] = [ask(), now()];
    return last;
  };
}
