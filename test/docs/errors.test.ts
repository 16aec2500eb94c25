import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/shared/errors.ts";

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
