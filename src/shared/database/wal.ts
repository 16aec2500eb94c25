/** Bytes of each frame's header; the page follows. */
const HEADER_BYTES = 24;

/** How many whole frames a WAL of so many bytes holds. */
export const framesIn = (bytes: number, pageBytes: number): number =>
  Math.floor(bytes / (pageBytes + HEADER_BYTES));
