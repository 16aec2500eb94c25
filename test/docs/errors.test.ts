import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { problem } from "../../src/main/http/reply.ts";
import { AppError, ERRORS, type ErrorCode, fromFailure, SQLITE_CODES } from "../../src/shared/errors.ts";

/** The rows of the page's tables: code, status, title, retry, what to do. */
const page = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8").replaceAll(/ +\|/g, " |");
const rows = [...page.matchAll(/^\| `(\w+)` \| (.+) \| (.+) \| (yes|no) \| (.+) \|$/gm)].map(
  ([, ...cells]) => cells,
);

test("the page lists every error code once and no other", () => {
  const listed = rows.map(([code]) => code);
  expect(listed).toEqual([...new Set(listed)]);
  expect(listed.toSorted()).toEqual(Object.keys(ERRORS).toSorted());
});

test.each(Object.keys(ERRORS) as ErrorCode[])("%s has the same text as in the registry", (code) => {
  const { status, title, retry } = ERRORS[code];
  const row = rows.find(([listed]) => listed === code);
  expect(row?.slice(1, 4)).toEqual([status === 0 ? "–" : String(status), title, retry ? "yes" : "no"]);
});

test.each(Object.keys(ERRORS) as ErrorCode[])(
  "%s has Retry-After if a retry can help, and only then",
  (code) => {
    const { retry } = ERRORS[code];
    const { headers } = problem(new AppError(code), "id");
    expect(headers["retry-after"]).toBe(retry === false ? undefined : String(retry));
    const given = problem(new AppError(code, { retryAfter: 77 }), "id").headers["retry-after"];
    expect(given).toBe(retry === false ? undefined : "77");
  },
);

test.each(["outcome_unknown", "corrupt", "read_only", "s3_client_missing"] as const)(
  "%s has no Retry-After",
  (code) => {
    expect(ERRORS[code].retry).toBe(false);
  },
);

test("the page lists SQLite's codes with their translation", () => {
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
])("SQLite's %s becomes %s", (sqlite, code, status) => {
  const error = fromFailure({ code: sqlite, message: "as SQLite says it" });
  expect([error.code, error.status, (error.cause as { code: string }).code]).toEqual([code, status, sqlite]);
});
