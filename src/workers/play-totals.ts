/**
 * Play counts by track: an array for usual ids, a map for the few far beyond, so that one odd id does not need an
 * array as long as its number.
 */
export class Tally {
  #dense = new Uint32Array(4_096);
  readonly #beyond = new Map<number, number>();

  add(track: number, plays: number): void {
    if (track >= DENSE) this.#beyond.set(track, (this.#beyond.get(track) ?? 0) + plays);
    else {
      if (track >= this.#dense.length) this.#grow(track);
      this.#dense[track]! += plays;
    }
  }

  /** Visits tracks in ascending order. */
  forEach(visit: (track: number, plays: number) => void): void {
    for (let track = 0; track < this.#dense.length; track++) {
      const plays = this.#dense[track]!;
      if (plays !== 0) visit(track, plays);
    }
    for (const [track, plays] of [...this.#beyond].sort(([a], [b]) => a - b)) visit(track, plays);
  }

  #grow(track: number): void {
    const grown = new Uint32Array(2 ** Math.ceil(Math.log2(track + 1)));
    grown.set(this.#dense);
    this.#dense = grown;
  }
}

/** Ids from here on are in the map. The array is 16 MiB at most. */
const DENSE = 2 ** 22;

/** Adds one play (the id of its track) or many (packed totals). */
export function addPart(tally: Tally, part: number | Uint8Array): Tally {
  if (typeof part === "number") tally.add(part, 1);
  else unpack(part, tally);
  return tally;
}

/** `{"track": plays, …}` */
export function toJson(tally: Tally): string {
  let text = "";
  tally.forEach((track, plays) => {
    text += `${text === "" ? "" : ","}"${track}":${plays}`;
  });
  return `{${text}}`;
}

/**
 * Pairs of track id (as the difference to the previous one) and plays. Each number is in base 128, low digits
 * first, with 128 added to all but the last digit. That is two or three bytes per track if most tracks were played.
 */
export function pack(tally: Tally): Buffer {
  const bytes: number[] = [];
  let before = 0;
  tally.forEach((track, plays) => {
    write(bytes, track - before);
    write(bytes, plays);
    before = track;
  });
  return Buffer.from(bytes);
}

function write(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

function unpack(bytes: Uint8Array, tally: Tally): void {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++]!;
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
    }
  };
  for (let track = 0; at < bytes.length; ) {
    track += next();
    tally.add(track, next());
  }
}
