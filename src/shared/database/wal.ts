/** Bytes of each frame's header. The page follows it. */
const HEADER_BYTES = 24;

/** The number of whole frames in a WAL of that size. */
export const framesIn = (bytes: number, pageBytes: number): number =>
  Math.floor(bytes / (pageBytes + HEADER_BYTES));
