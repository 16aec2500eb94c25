/**
 * Milliseconds, by a clock that never jumps: the machine's time when the process began, and what has passed since.
 * For what is kept for a while: a clock that is set back would make it last, and one set forward end it.
 */
export const steadyNow = (): number => performance.timeOrigin + performance.now();
