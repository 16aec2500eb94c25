import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERRORS, type ErrorCode, fromFailure, SQLITE_CODES } from "../../src/shared/errors.ts";

/** The rows of the page's tables: code, status, title, retry, what to do. */
const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8").replaceAll(/ +\|/g, " |");
const rows = [...page.matchAll(/^\| `(\w+)` \| (.+) \| (.+) \| (yes|no) \| (.+) \|$/gm)].map(
  ([, ...cells]) => cells,
);

test("the page lists every code of the registry once, and no other", () => {
  const listed = rows.map(([code]) => code);
  expect(listed).toEqual([...new Set(listed)]);
  expect(listed.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
});

test.each(Object.keys(ERRORS) as ErrorCode[])("%s reads as in the registry", (code) => {
  const { status, title, retry } = ERRORS[code];
  const row = rows.find(([listed]) => listed === code);
  expect(row?.slice(1, 4)).toEqual([status === 0 ? "–" : String(status), title, retry ? "yes" : "no"]);
});

test("the page lists SQLite's codes as they are translated", () => {
  const listed = [...page.matchAll(/^\| `(SQLITE_\w+)` \| `(\w+)` \|/gm)].map(([, ...cells]) => cells);
  expect(listed).toEqual(SQLITE_CODES.map((row) => [...row]));
});

test.each([
  ["SQLITE_IOERR_WRITE", "io_failed", 503],
  ["SQLITE_IOERR_CORRUPTFS", "corrupt", 503],
  ["SQLITE_CONSTRAINT_CHECK", "invalid", 422],
  ["SQLITE_BUSY_SNAPSHOT", "busy", 503],
  ["SQLITE_READONLY_DBMOVED", "read_only", 503],
  ["SQLITE_CORRUPT_VTAB", "corrupt", 503],
  ["SQLITE_MISUSE", "internal", 500],
])("%s is %s", (sqlite, code, status) => {
  const error = fromFailure({ code: sqlite, message: "as SQLite says it" });
  expect([error.code, error.status, (error.cause as { code: string }).code]).toEqual([code, status, sqlite]);
});
