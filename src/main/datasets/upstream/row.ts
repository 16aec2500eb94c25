import type { Value } from "../../../shared/tables.ts";
import { hasControl } from "../../../shared/text.ts";

/** Characters of a text: the limit of requests. */
const MAX_TEXT = 300;
/** The limit for entities that have only a name. */
export const MAX_NAME = 200;
/** Milliseconds, bytes and amounts: the limits of requests. */
const MOST = { milliseconds: 1_000_000_000, bytes: 1_000_000_000_000, money: 1_000_000, quantity: 1_000_000 };

/** Bytes of a value past which it is not read: no valid value is that long. */
export const MAX_VALUE_BYTES = 4_000;

/** `YYYY-MM-DD`, optionally with a time after a space or a `T`, fractions and a zone. */
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * One row of an upstream table, read by our column names. Each method converts one value, or throws an error that
 * names table, row and column: SQLite allows any type in any column, and a file may have been edited by hand.
 */
export class SourceRow {
  readonly #table: string;
  readonly #columns: readonly string[];
  readonly #values: readonly unknown[];

  constructor(table: string, columns: readonly string[], values: readonly unknown[]) {
    this.#table = table;
    this.#columns = columns;
    this.#values = values;
  }

  /** A positive integer: a key. */
  id(column: string): number {
    const value = this.#value(column);
    return isWhole(value, 1) ? value : this.#refuse(column, "a whole number above zero");
  }

  optionalId(column: string): number | null {
    return this.#value(column) === null ? null : this.id(column);
  }

  /** A non-negative integer. */
  count(column: "milliseconds" | "bytes"): number {
    const value = this.#value(column);
    const most = MOST[column];
    const expected = `a whole number from 0 to ${most}`;
    return isWhole(value, 0) && value <= most ? value : this.#refuse(column, expected);
  }

  optionalCount(column: "milliseconds" | "bytes"): number | null {
    return this.#value(column) === null ? null : this.count(column);
  }

  quantity(column: string): number {
    const value = this.#value(column);
    const most = MOST.quantity;
    return isWhole(value, 1) && value <= most
      ? value
      : this.#refuse(column, `a whole number from 1 to ${most}`);
  }

  /** Money: upstream stores decimals, we store cents, so that sums are exact. */
  cents(column: string): number {
    const value = this.#value(column);
    if (typeof value !== "number" || !(value >= 0 && value <= MOST.money))
      return this.#refuse(column, `an amount of money from 0 to ${MOST.money}`);
    return Math.round(value * 100);
  }

  /** @param max characters (UTF-16 code units). */
  text(column: string, max = MAX_TEXT): string | null {
    const value = this.#value(column);
    if (value === null) return null;
    const expected = `text of at most ${max} characters, none of them a control character, or nothing`;
    const fits =
      typeof value === "string" && value.length <= max && !hasControl(value) && value.isWellFormed();
    return fits ? value : this.#refuse(column, expected);
  }

  requiredText(column: string): string {
    return this.text(column) ?? this.#refuse(column, "text");
  }

  /** A missing name becomes `Untitled`: our names are never missing. */
  name(column: string, max?: number): string {
    const name = this.text(column, max);
    return name === null || name.trim() === "" ? "Untitled" : name;
  }

  /** A date, with or without a time, as RFC 3339 in UTC. Without a zone it is assumed to be UTC. */
  time(column: string): string | null {
    return this.#value(column) === null ? null : this.requiredTime(column);
  }

  requiredTime(column: string): string {
    const value = this.#value(column);
    const parts = typeof value === "string" ? TIME.exec(value.trim()) : null;
    if (parts === null) return this.#refuse(column, 'a date such as "2009-01-31 00:00:00"');
    const [, day, clock = "00:00", seconds = ":00", zone = "Z"] = parts;
    const time = new Date(`${day}T${clock}${seconds}${zone.replace(/(\d{2})(\d{2})$/, "$1:$2")}`);
    if (Number.isNaN(time.getTime()) || !isDay(day!)) return this.#refuse(column, "a date of the calendar");
    return time.toISOString();
  }

  #value(column: string): Value | Buffer {
    return this.#values[this.#columns.indexOf(column)] as Value | Buffer;
  }

  #refuse(column: string, expected: string): never {
    const [key, id] = [this.#columns[0]!, shortened(String(this.#values[0]))];
    const found = this.#value(column);
    const got = Buffer.isBuffer(found) ? describeBytes(found) : shortened(JSON.stringify(found));
    throw new TypeError(
      `expected ${expected} in column ${column} of table ${this.#table} where ${key} is ${id}, got ${got}`,
    );
  }
}

/** A value too long to be read comes as its first bytes, one more than the limit. */
const describeBytes = ({ length }: Buffer): string =>
  length > MAX_VALUE_BYTES ? `more than ${MAX_VALUE_BYTES} bytes` : `${length} bytes of binary data`;

const shortened = (text: string): string =>
  text.length > 80 ? `${text.slice(0, 80)}… (${text.length})` : text;

const isWhole = (value: unknown, least: number): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= least;

/** `Date` would turn 31 February into 3 March. Such a file is invalid. */
function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
