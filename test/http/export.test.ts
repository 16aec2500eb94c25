import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_KINDS } from "../../src/main/model/kinds.ts";
import { copyOf, get, makeCatalogue, patch, startServer, type TestServer } from "../support/server.ts";
import { walk } from "./helpers.ts";

let server: TestServer;
beforeAll(async () => {
  // More than one slice of tracks.
  server = await startServer({}, { database: copyOf(await makeCatalogue(1_200)) });
}, 120_000);
afterAll(() => server?.stop());

/** RFC 4180, without line breaks within a cell. */
const cells = (line: string): string[] =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
    .slice(0, -1)
    .map(([, cell]) => (cell!.startsWith('"') ? cell!.slice(1, -1).replaceAll('""', '"') : cell!));

const shown = (value: unknown) => (Array.isArray(value) ? JSON.stringify(value) : String(value));

describe.each(ALL_KINDS)("$path", ({ path, fields }) => {
  test("as JSON lines has every entity as its list shows it", async () => {
    const { text, headers } = await get(server, `/v1/export/${path}`);
    expect(headers.get("content-type")).toBe("application/x-ndjson");
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(await walk(server, `/v1/${path}?sort=id`, 100));
  });

  test("as CSV has the same cells", async () => {
    const rows = await walk(server, `/v1/${path}?sort=id`, 100);
    const { text, headers } = await get(server, `/v1/export/${path}`, { accept: "text/csv" });
    expect(headers.get("content-type")).toMatch(/^text\/csv/);
    const [head, ...lines] = text.trimEnd().split("\r\n");
    expect(head).toBe(Object.keys(fields).join(","));
    expect(lines).toHaveLength(rows.length);
    for (const [i, line] of lines.slice(0, 200).entries())
      expect(cells(line)).toEqual(Object.keys(fields).map((name) => shown(rows[i][name] ?? "")));
  });
});

test("names with commas and quotes survive CSV", async () => {
  await patch(server, "/v1/genres/1", { name: 'a, "b", c' });
  const { text } = await get(server, "/v1/export/genres", { accept: "text/csv" });
  expect(text).toContain('"a, ""b"", c"');
});
