type Cell = string | number | boolean | null | readonly string[];
export type CsvRow = Readonly<Record<string, Cell>>;

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Unchanged, for programs; a list as JSON. */
const plain = (value: Cell): string =>
  value === null ? "" : quoted(typeof value === "object" ? JSON.stringify(value) : String(value));

/** For people: a value that a spreadsheet would take for a formula gets a leading apostrophe. */
const guarded = (value: Cell): string =>
  typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? quoted(`'${value}`) : plain(value);

const line = (cells: readonly string[]): string => `${cells.join(",")}\r\n`;

export const csvHead = (columns: readonly string[]): string => line(columns);

/** Rows in the format of RFC 4180. @param forPeople whether a spreadsheet is likely to open them. */
export function csvLines(rows: readonly CsvRow[], columns: readonly string[], forPeople: boolean): string {
  const cell = forPeople ? guarded : plain;
  return rows.map((row) => line(columns.map((column) => cell(row[column] ?? null)))).join("");
}

export const CSV_TYPE = "text/csv; charset=utf-8; header=present";

/** Whether CSV is preferred to JSON: by weight; if equal, CSV if it is named. */
export function wantsCsv(accept = ""): boolean {
  const weights = accept.split(",").map((range) => {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    return { type, weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
  const weightOf = (wanted: string) => weights.find(({ type }) => type === wanted)?.weight ?? 0;
  const csv = weightOf("text/csv");
  return csv > 0 && csv >= weightOf("application/json") && csv >= weightOf("*/*");
}
