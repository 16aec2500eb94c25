/**
 * Packs the sales of a day as bytes, and sums many days for reports.
 *
 * Format: the number of countries, each as its length and its UTF-8. Then for each invoice: customer,
 * employee, country (counted from 1), cents and quantity of all its lines, twice the number of lines (plus
 * one if any line is not a refund), and the bytes of its lines, so that they can be skipped if sums need no
 * attribute of a line. For each line: track, album, artist, genre, cents and quantity. 0 stands for none.
 * Numbers are in base 128, low digits first, with 128 added to all but the last; cents and quantities are
 * doubled, less one if negative. A line takes some twelve bytes.
 */

/** One line of an invoice. Lines of an invoice must be consecutive. */
export type SaleLine = readonly [
  invoice: number,
  customer: number,
  employee: number | null,
  country: string | null,
  track: number,
  album: number | null,
  artist: number | null,
  genre: number | null,
  cents: number,
  quantity: number,
];

/** Packs the lines of a day. */
export class DayOfSales {
  readonly #countries: string[] = [];
  readonly #bytes: number[] = [];
  #invoice = 0;
  #head: readonly number[] = [];
  #lines: number[] = [];
  #count = 0;
  #cents = 0;
  #quantity = 0;
  #sold = 0;

  add(
    ...[invoice, customer, employee, country, track, album, artist, genre, cents, quantity]: SaleLine
  ): void {
    if (invoice !== this.#invoice) {
      this.#close();
      this.#invoice = invoice;
      this.#head = [customer, employee ?? 0, this.#numberOf(country)];
    }
    this.#count++;
    this.#cents += cents;
    this.#quantity += quantity;
    if (quantity > 0) this.#sold = 1;
    const line = [track, album ?? 0, artist ?? 0, genre ?? 0, zigzag(cents), zigzag(quantity)];
    for (const value of line) write(this.#lines, value);
  }

  packed(): Buffer {
    this.#close();
    const head: number[] = [];
    write(head, this.#countries.length);
    for (const country of this.#countries) {
      const text = Buffer.from(country);
      write(head, text.length);
      head.push(...text);
    }
    return Buffer.concat([Buffer.from(head), Buffer.from(this.#bytes)]);
  }

  #close(): void {
    if (this.#count === 0) return;
    const sums = [zigzag(this.#cents), zigzag(this.#quantity), 2 * this.#count + this.#sold];
    for (const value of [...this.#head, ...sums, this.#lines.length]) write(this.#bytes, value);
    for (const byte of this.#lines) this.#bytes.push(byte);
    [this.#lines, this.#count, this.#cents, this.#quantity, this.#sold] = [[], 0, 0, 0, 0];
  }

  #numberOf(country: string | null): number {
    if (country === null) return 0;
    const known = this.#countries.indexOf(country) + 1;
    return known > 0 ? known : this.#countries.push(country);
  }
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

function write(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  bytes.push(rest);
}

/** Attribute to group by; `all` is one group. */
export type SalesBy =
  | "all"
  | "day"
  | "month"
  | "year"
  | "country"
  | "genre"
  | "artist"
  | "album"
  | "track"
  | "employee"
  | "customer";

/** Length of the prefix of a day that is its group. */
const LENGTHS: Partial<Record<SalesBy, number>> = { day: 10, month: 7, year: 4 };
/** Index of the group's number within a line. */
const FIELDS: Partial<Record<SalesBy, number>> = { track: 0, album: 1, artist: 2, genre: 3 };

/** Ids below are array indexes, those above are in a map. */
const DENSE = 2 ** 22;
/** Sums of a group: cents, quantity and invoices, each for the period and for the one to compare with. */
const SUMS = 6;

/** Sums packed days by group. */
export class SalesTally {
  #by: SalesBy = "all";
  #limit = 0;
  #groups = new Int32Array(4_096);
  readonly #beyond = new Map<number | string, number>();
  readonly #keys: (number | string)[] = [];
  #sums = new Float64Array(SUMS * 256);
  /** The last invoice of each group: an invoice counts once per group. */
  #met = new Uint32Array(256);
  #invoice = 0;

  /** @param period 0, or 1 for the period to compare with. */
  add(by: SalesBy, limit: number, period: number, day: string, sales: Uint8Array): void {
    [this.#by, this.#limit] = [by, limit];
    const length = LENGTHS[by];
    const group =
      length === undefined ? (by === "all" ? this.#group("") : -1) : this.#group(day.slice(0, length));
    this.#addDay(sales, group, 3 * period);
  }

  /** @param all the group of the whole day; -1 if invoices or lines have different groups. */
  #addDay(bytes: Uint8Array, all: number, at: number): void {
    const reader = new Numbers(bytes);
    const countries = this.#countries(reader);
    const field = FIELDS[this.#by] ?? -1;
    const wanted = ["customer", "employee", "country"].indexOf(this.#by);
    while (reader.at < bytes.length) {
      const customer = reader.next();
      const employee = reader.next();
      const country = reader.next();
      const cents = reader.signed();
      const quantity = reader.signed();
      const lines = reader.next();
      const length = reader.next();
      this.#invoice++;
      if (field !== -1) {
        this.#addLines(reader, lines >> 1, field, at);
        continue;
      }
      let group = all;
      if (wanted === 0) group = this.#group(customer);
      else if (wanted === 1) group = this.#group(employee);
      else if (wanted === 2) group = countries[country]!;
      this.#addSums(group, cents, quantity, lines % 2 === 1, at);
      reader.at += length;
    }
  }

  #addLines(reader: Numbers, lines: number, field: number, at: number): void {
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < field; i++) reader.skip();
      const group = this.#group(reader.next());
      for (let i = field + 1; i < 4; i++) reader.skip();
      const cents = reader.signed();
      const quantity = reader.signed();
      this.#addSums(group, cents, quantity, quantity > 0, at);
    }
  }

  /** @param sold false for a refund, which reduces revenue and does not count as a sale. */
  #addSums(group: number, cents: number, quantity: number, sold: boolean, at: number): void {
    const sums = this.#sums;
    const first = group * SUMS + at;
    sums[first]! += cents;
    sums[first + 1]! += quantity;
    if (!sold || this.#met[group] === this.#invoice) return;
    this.#met[group] = this.#invoice;
    sums[first + 2]!++;
  }

  /** Groups of the day's countries by number; the first is the group without a country. */
  #countries(reader: Numbers): number[] {
    const count = reader.next();
    const texts = Array.from({ length: count }, () => reader.text());
    return this.#by === "country" ? ["", ...texts].map((text) => this.#group(text)) : [];
  }

  #group(key: number | string): number {
    const dense = typeof key === "number" && key < DENSE;
    const known = dense ? (this.#groups[key] ?? 0) : (this.#beyond.get(key) ?? 0);
    if (known > 0) return known - 1;
    const group = this.#keys.push(key) - 1;
    if (dense) {
      if (key >= this.#groups.length) this.#groups = grown(this.#groups, 2 * key + 1);
      this.#groups[key] = group + 1;
    } else this.#beyond.set(key, group + 1);
    if (group >= this.#met.length) {
      this.#met = grown(this.#met, 2 * group);
      this.#sums = grown(this.#sums, 2 * group * SUMS);
    }
    return group;
  }

  /**
   * `[[key, cents, quantity, invoices, cents, quantity, invoices], …]`: times in order, everything else by
   * highest revenue. The key is null for the group without one.
   */
  toJson(): string {
    const rows = this.#ranked().map((group) => {
      const key = this.#keys[group]!;
      const sums = this.#sums.subarray(group * SUMS, (group + 1) * SUMS);
      return `[${key === 0 || key === "" ? "null" : JSON.stringify(key)},${sums.join(",")}]`;
    });
    return `[${rows.join(",")}]`;
  }

  #ranked(): number[] {
    const sold = this.#keys.map((_, group) => group).filter((group) => this.#hasSales(group));
    const [keys, sums] = [this.#keys, this.#sums];
    const byKey = (a: number, b: number) => (keys[a]! < keys[b]! ? -1 : 1);
    if (LENGTHS[this.#by] !== undefined) return sold.sort(byKey).slice(0, this.#limit);
    const revenue = (group: number) => sums[group * SUMS]!;
    // Sorting many groups to find the few best would take as long as summing them.
    const least = Float64Array.from(sold, revenue).sort().at(-this.#limit) ?? Number.NEGATIVE_INFINITY;
    return sold
      .filter((group) => revenue(group) >= least)
      .sort((a, b) => revenue(b) - revenue(a) || byKey(a, b))
      .slice(0, this.#limit);
  }

  /** A day may list a country without lines. */
  #hasSales(group: number): boolean {
    return this.#sums.subarray(group * SUMS, (group + 1) * SUMS).some((sum) => sum !== 0);
  }
}

function grown<A extends Int32Array | Uint32Array | Float64Array>(array: A, length: number): A {
  const made = new (array.constructor as new (length: number) => A)(length);
  made.set(array);
  return made;
}

/**
 * Reads numbers in base 128. Its fields are not private for speed: a million lines are read in some tens of
 * milliseconds.
 */
class Numbers {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  next(): number {
    const { bytes } = this;
    const byte = bytes[this.at++]!;
    if (byte < 128) return byte;
    const second = bytes[this.at++]!;
    if (second < 128) return byte - 128 + second * 128;
    return byte - 128 + (second - 128) * 128 + this.#rest(16_384);
  }

  #rest(first: number): number {
    for (let value = 0, unit = first; ; unit *= 128) {
      const byte = this.bytes[this.at++]!;
      if (byte < 128) return value + byte * unit;
      value += (byte - 128) * unit;
    }
  }

  skip(): void {
    while (this.bytes[this.at++]! >= 128);
  }

  signed(): number {
    const value = this.next();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(): string {
    const length = this.next();
    this.at += length;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.at - length, length).toString();
  }
}
