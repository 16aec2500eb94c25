import { MultiBar, Presets, type SingleBar } from "cli-progress";
import colors from "picocolors";
import { AppError, ERRORS } from "../../shared/errors.ts";

/** Terminal output. Results go to standard output, everything else to standard error. */

export const say = (text: string): void => writeLine(`${text}\n`);

/** Bars that are shown now. */
let bars = 0;
/** To the start of the line, and nothing below it. */
const WIPE = "\r\u001b[J";

/** A line on standard error; a bar gives way to it and is drawn again below. */
export const writeLine = (line: string): void =>
  void process.stderr.write(bars > 0 ? `${WIPE}${line}` : line);

export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Prints a result for people, or as JSON for programs. */
export function print(json: boolean | undefined, value: unknown, human: () => string): void {
  if (json) printJson(value);
  else process.stdout.write(`${human()}\n`);
}

/** Two columns: names and values. */
export function columns(rows: readonly (readonly [name: string, value: string | number])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  const values = rows.map(([, value]) => (typeof value === "number" ? value.toLocaleString("en") : value));
  return rows.map(([name], i) => `  ${colors.dim(name.padEnd(width))}  ${values[i]}`).join("\n");
}

/** Rows under a head; numbers stand to the right. Cells longer than `widest` are cut. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
  widest = 60,
): string {
  const cells = rows.map((row) => row.map((cell) => cut(cell, widest)));
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)));
  const isRight = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number"));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (isRight[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  return [colors.dim(line(head)), ...cells.map(line)].join("\n");
}

function cut(cell: string | number | null, widest: number): string {
  if (typeof cell === "number") return cell.toLocaleString("en", { maximumFractionDigits: 3 });
  // Control characters of what is in the database do not reach the terminal.
  const text = (cell ?? "").replaceAll(/\p{Cc}+/gu, " ");
  return text.length > widest ? `${text.slice(0, widest - 1)}…` : text;
}

export interface Progress {
  advance(rows: number, what: string): void;
  done(): void;
}

/** A progress bar on a terminal; nothing otherwise. */
export function progress(total: number, unit = "rows"): Progress {
  if (!process.stderr.isTTY) return { advance: () => {}, done: () => {} };
  const shown = new MultiBar(
    {
      format: `${colors.cyan("{bar}")} {percentage}%  {value}/{total} ${unit}  ${colors.dim("{what}")}  {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
    },
    Presets.shades_classic,
  );
  const bar: SingleBar = shown.create(Math.max(1, total), 0, { what: "" });
  let sum = 0;
  let shows = true;
  bars++;
  return {
    advance: (rows, what) => {
      sum += rows;
      if (sum > bar.getTotal()) bar.setTotal(sum);
      bar.update(sum, { what });
    },
    done: () => {
      if (shows) bars--;
      shows = false;
      shown.stop();
    },
  };
}

/** Prints what happened and what to do next. @returns the exit status: 2 for wrong usage, 1 for everything else. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof AppError ? error : new AppError("internal", { cause: error });
  const { hint, title } = ERRORS[known.code];
  if (json) printJson({ error: { code: known.code, detail: known.message, hint } });
  say(`${colors.red(`${title}:`)} ${known.message}`);
  say(colors.dim(hint));
  if (known.code === "internal") say(String(error instanceof Error ? error.stack : error));
  return known.code === "usage" ? 2 : 1;
}

export const rowsOf = (record: Record<string, unknown>): [string, string | number][] =>
  Object.entries(record).map(([name, value]) => [name, typeof value === "number" ? value : String(value)]);
