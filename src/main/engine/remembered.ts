/**
 * Calls `ask` at most once per `ms`. Calls in between share the last result, or the one in flight. For gauges whose
 * values need a walk over the catalogue: scrapes come every few seconds, possibly from several scrapers.
 */
export function remembered<T>(ms: number, ask: () => Promise<T>, now = performance.now.bind(performance)) {
  let last: Promise<T> | undefined;
  let askedAt = 0;
  return (): Promise<T> => {
    if (last === undefined || now() - askedAt >= ms) [last, askedAt] = [ask(), now()];
    return last;
  };
}
