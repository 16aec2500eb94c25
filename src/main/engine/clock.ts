/**
 * Milliseconds since the epoch by a monotonic clock: the time at the start of the process plus the time since. For
 * entries with a lifetime: adjusting the machine's clock must neither prolong nor end it.
 */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
