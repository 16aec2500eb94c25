import { AppError, type ErrorCode, type InputError } from "../../../../shared/errors.ts";
import { type Commands, type Part, PartFailed } from "../../../engine/commands/command-bus.ts";
import { patiently } from "../../../engine/commands/patiently.ts";
import { toAppError } from "../../../http/reply.ts";
import type { Effect, Line, Portable } from "./line.ts";
import { linesOf, type Parsed } from "./lines.ts";

/** `each`: every line by itself. `whole`: all lines, or none. */
export const MODES = ["each", "whole"] as const;
export type Mode = (typeof MODES)[number];

export interface Refused {
  readonly line: number;
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors?: readonly InputError[];
}

/** What became of the lines. `refusals` are the first of those that were refused. */
export interface ImportReport {
  readonly kind: string;
  readonly mode: Mode;
  lines: number;
  created: number;
  changed: number;
  unchanged: number;
  refused: number;
  readonly refusals: Refused[];
}

/** Refusals that a report lists. */
const MAX_LISTED = 100;
/** Lines in flight: one transaction at the most, which is brief. */
const AT_ONCE = 256;
/** Lines that are tried again at the end, since what they refer to may come after them. */
const MAX_HELD = 10_000;
/** Lines of a file that is imported as a whole: one transaction, for which all other writes wait. */
export const MAX_WHOLE = 10_000;

export interface ImportOptions {
  readonly portable: Portable;
  readonly csv: boolean;
  readonly mode: Mode;
  readonly commands: Pick<Commands, "execute" | "executeTogether">;
  readonly signal?: AbortSignal;
  /** Told of the bytes that were read. */
  readonly onProgress?: (bytes: number) => void;
}

export const newReport = ({ portable, mode }: Pick<ImportOptions, "portable" | "mode">): ImportReport => ({
  ...{ kind: portable.path, mode, lines: 0, created: 0, changed: 0, unchanged: 0, refused: 0 },
  refusals: [],
});

/**
 * Imports a file as it is read. What is in memory does not grow with it.
 *
 * @param report is kept up to date, also when it ends early: lines that are counted in it are on disk.
 * @throws AppError what ends the import as a whole: in the mode `whole` the refusal of any line, naming it.
 */
export async function importLines(
  stream: AsyncIterable<Uint8Array>,
  options: ImportOptions,
  report: ImportReport,
): Promise<void> {
  const lines = linesOf(counted(stream, options), options.portable, options.csv);
  await (options.mode === "whole" ? whole(lines, options, report) : each(lines, options, report));
}

async function* counted(
  stream: AsyncIterable<Uint8Array>,
  { onProgress, signal }: ImportOptions,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    yield chunk;
    bytes += chunk.length;
    onProgress?.(bytes);
  }
}

type Valid = Extract<Parsed, { line: Line }>;

async function each(lines: AsyncIterable<Parsed>, options: ImportOptions, report: ImportReport) {
  let held: Valid[] = [];
  let batch: Valid[] = [];
  const hold = (line: Valid) => held.length < MAX_HELD && held.push(line) > 0;
  const flush = async () => {
    await applyEach(batch, options, report, hold);
    batch = [];
    options.signal?.throwIfAborted();
  };
  for await (const parsed of lines) {
    report.lines++;
    if ("refused" in parsed) refuse(report, parsed.number, parsed.refused);
    else if (batch.push(parsed) >= AT_ONCE) await flush();
  }
  await flush();
  // As long as it helps.
  for (let before = Number.POSITIVE_INFINITY; held.length > 0 && held.length < before; ) {
    before = held.length;
    held = await again(held, options, report);
  }
  await applyEach(held, options, report, () => false);
  report.refusals.sort((one, two) => one.line - two.line);
}

/** @returns the lines that still refer to nothing. */
async function again(
  lines: readonly Valid[],
  options: ImportOptions,
  report: ImportReport,
): Promise<Valid[]> {
  const left: Valid[] = [];
  for (let at = 0; at < lines.length; at += AT_ONCE) {
    await applyEach(lines.slice(at, at + AT_ONCE), options, report, (line) => left.push(line) > 0);
  }
  return left;
}

/**
 * All lines together where none of them is refused, for the text index then writes once for all of them; otherwise each
 * by itself.
 *
 * @param hold whether a line that refers to nothing is kept for later.
 */
async function applyEach(
  batch: readonly Valid[],
  options: ImportOptions,
  report: ImportReport,
  hold: (line: Valid) => boolean,
): Promise<void> {
  if (batch.length > 1 && (await applyTogether(batch, options, report))) return;
  await applyOneByOne(batch, options, report, hold);
}

/** @returns false when one of them was refused: then none was written. */
async function applyTogether(
  batch: readonly Valid[],
  { portable, commands }: ImportOptions,
  report: ImportReport,
): Promise<boolean> {
  const parts = batch.map(({ line }) => ({ command: portable.command, input: line, options: {} }));
  try {
    const answers = await patiently(() => commands.executeTogether(parts));
    for (const { body } of answers) report[JSON.parse(body!) as Effect]++;
    return true;
  } catch (error) {
    if (error instanceof PartFailed && !ENDS.has(error.code)) return false;
    throw error;
  }
}

async function applyOneByOne(
  batch: readonly Valid[],
  { portable, commands }: ImportOptions,
  report: ImportReport,
  hold: (line: Valid) => boolean,
): Promise<void> {
  const one = async (valid: Valid) => {
    try {
      const { body } = await patiently(() => commands.execute(portable.command, valid.line));
      report[JSON.parse(body!) as Effect]++;
    } catch (error) {
      const known = toAppError(error);
      if (ENDS.has(known.code)) throw known;
      if (known.code !== "reference_unknown" || !hold(valid)) refuse(report, valid.number, known);
    }
  };
  const fates = await Promise.allSettled(batch.map(one));
  for (const fate of fates) if (fate.status === "rejected") throw fate.reason;
}

/** Failures that are not a line's own: the next line would fail as well. */
const ENDS: ReadonlySet<ErrorCode> = new Set([
  ...(["write_timeout", "overloaded", "wal_full", "busy", "writer_lost", "outcome_unknown"] as const),
  ...(["disk_full", "closing", "internal"] as const),
]);

function refuse(report: ImportReport, line: number, { code, message, errors }: AppError): void {
  report.refused++;
  if (report.refusals.length < MAX_LISTED)
    report.refusals.push({ line, code, detail: message, ...(errors === undefined ? {} : { errors }) });
}

async function whole(lines: AsyncIterable<Parsed>, options: ImportOptions, report: ImportReport) {
  const { portable, commands, signal } = options;
  const parts: (Part<Line> & { readonly number: number })[] = [];
  for await (const parsed of lines) {
    if ("refused" in parsed) throw atLine(parsed.number, parsed.refused);
    parts.push({ number: parsed.number, command: portable.command, input: parsed.line, options: {} });
    if (parts.length > MAX_WHOLE)
      throw new AppError("limit_reached", {
        detail: `a file of more than ${MAX_WHOLE} lines is imported line by line`,
      });
  }
  signal?.throwIfAborted();
  const answers =
    parts.length === 0
      ? []
      : await patiently(() => commands.executeTogether(parts)).catch((error) => {
          throw error instanceof PartFailed ? atLine(parts[error.at as number]!.number, error) : error;
        });
  report.lines = parts.length;
  for (const { body } of answers) report[JSON.parse(body!) as Effect]++;
}

const atLine = (line: number, { code, message, errors }: AppError): AppError =>
  new AppError(code, {
    detail: `line ${line}: ${message}; nothing was written`,
    ...(errors === undefined ? {} : { errors }),
  });
