/** A record of a stream, not yet decoded. */
export interface Record {
  /** The number of its first line, from 1. */
  readonly number: number;
  /** Undefined when it is longer than {@link MAX_RECORD}. */
  readonly bytes: Buffer | undefined;
}

/** Bytes of a record. */
export const MAX_RECORD = 65_536;

const [LINE_FEED, QUOTE] = [10, 34];

/**
 * Cuts a stream at the ends of its lines; with `quotes`, not at those within quotation marks. Blank lines are left
 * out. No more than a record and a chunk are in memory, whatever is sent.
 */
export async function* recordsOf(stream: AsyncIterable<Uint8Array>, quotes: boolean): AsyncGenerator<Record> {
  let [line, first, length, quoted] = [1, 1, 0, false];
  let parts: Buffer[] = [];
  const keep = (part: Buffer) => {
    length += part.length;
    if (length > MAX_RECORD) parts = [];
    else if (part.length > 0) parts.push(part);
  };
  const end = (): Record | undefined => {
    const record = { number: first, bytes: length > MAX_RECORD ? undefined : Buffer.concat(parts) };
    [length, parts, first] = [0, [], line];
    return record.bytes !== undefined && isBlank(record.bytes) ? undefined : record;
  };
  for await (const given of stream) {
    const chunk = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (quotes && chunk[at] === QUOTE) quoted = !quoted;
      if (chunk[at] !== LINE_FEED) continue;
      line++;
      if (quoted) continue;
      // A copy: the stream may use its buffer again.
      keep(Buffer.from(chunk.subarray(start, at)));
      const record = end();
      if (record !== undefined) yield record;
      start = at + 1;
    }
    keep(Buffer.from(chunk.subarray(start)));
  }
  const last = length > 0 ? end() : undefined;
  if (last !== undefined) yield last;
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 32 || byte === 13 || byte === 9);
