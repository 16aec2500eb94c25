import type { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import { validate } from "../../../http/input.ts";
import type { Line, Portable } from "./line.ts";
import { MAX_RECORD, recordsOf } from "./records.ts";

/** A line that is valid by itself, or why it is not. */
export type Parsed =
  | { readonly number: number; readonly line: Line }
  | { readonly number: number; readonly refused: AppError };

/**
 * The lines of a file, JSON or CSV, checked.
 *
 * @throws AppError `invalid` for a CSV file whose head names columns that there are not.
 */
export async function* linesOf(
  stream: AsyncIterable<Uint8Array>,
  portable: Portable,
  csv: boolean,
): AsyncGenerator<Parsed> {
  let columns: readonly string[] | undefined;
  for await (const { number, bytes } of recordsOf(stream, csv)) {
    try {
      const text = textOf(bytes);
      if (csv && columns === undefined) columns = headOf(text, portable);
      else {
        const value = csv ? rowOf(cellsOf(text), columns!, portable) : JSON.parse(text);
        yield { number, line: validate(portable.line, value, "pointer") as Line };
      }
    } catch (error) {
      if (csv && columns === undefined) throw error;
      yield { number, refused: refusalOf(error) };
    }
  }
}

const refusalOf = (error: unknown): AppError =>
  error instanceof AppError
    ? error
    : new AppError("body_malformed", { detail: error instanceof Error ? error.message : "", cause: error });

const utf8 = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Buffer | undefined): string {
  if (bytes === undefined)
    throw new AppError("body_too_large", {
      detail: `it is longer than ${MAX_RECORD} bytes, or a quotation mark is not closed`,
    });
  return utf8.decode(bytes).replace(/\r$/, "");
}

function headOf(text: string, { line, path }: Portable): readonly string[] {
  const columns = cellsOf(text);
  const unknown = columns.filter((name) => !(name in line.shape));
  if (unknown.length === 0 && new Set(columns).size === columns.length) return columns;
  throw new AppError("invalid", {
    detail: `the first line must name columns of ${path}, each once: ${Object.keys(line.shape).join(", ")}; got ${text.slice(0, 200)}`,
  });
}

/** RFC 4180. @throws SyntaxError. */
export function cellsOf(text: string): string[] {
  const cells: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",]*))(,|$)/y;
  for (let end = false; !end; ) {
    const found = cell.exec(text);
    if (found === null) throw new SyntaxError("a quotation mark stands where none may");
    cells.push(found[1]?.replaceAll('""', '"') ?? found[2]!);
    end = found[3] === "";
  }
  return cells;
}

/** @throws SyntaxError. */
function rowOf(cells: readonly string[], columns: readonly string[], { line }: Portable): Line {
  if (cells.length !== columns.length)
    throw new SyntaxError(`it has ${cells.length} cells, and the first line has ${columns.length}`);
  const types = Object.fromEntries(columns.map((name, i) => [name, cells[i]!]));
  return Object.fromEntries(
    columns.map((name, i) => [
      name,
      parsedCell(cells[i]!, baseOf(line.shape[name] as z.ZodType), types.type),
    ]),
  );
}

interface Definition {
  readonly type: string;
  readonly innerType?: { readonly _zod: { readonly def: Definition } };
  readonly in?: { readonly _zod: { readonly def: Definition } };
}

/** What a schema takes, and whether null is among it. */
function baseOf(schema: z.ZodType): { type: string; nullable: boolean } {
  let def = schema._zod.def as unknown as Definition;
  let nullable = false;
  for (let inner = def.innerType ?? def.in; inner !== undefined; inner = def.innerType ?? def.in) {
    nullable ||= def.type === "nullable";
    def = inner._zod.def;
  }
  return { type: def.type, nullable: nullable || def.type === "null" };
}

/** A cell as JSON has it. An empty one is null or, where null may not be, left out. */
function parsedCell(cell: string, { type, nullable }: ReturnType<typeof baseOf>, sibling?: string): unknown {
  if (cell === "") return nullable ? null : undefined;
  if (type === "array") return JSON.parse(cell);
  // The value of a key of metadata: the type beside it says what it is.
  const wanted = type === "union" ? sibling : type;
  if (wanted === "number" || wanted === "int") return numberOf(cell);
  if (wanted === "boolean") return cell === "true" ? true : cell === "false" ? false : cell;
  return cell;
}

const numberOf = (cell: string): number | string =>
  /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(cell) ? Number(cell) : cell;
