import { appendFileSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PORTABLES } from "../../src/main/features/catalogue/import/portable.ts";
import { expectProblem, value } from "../http/helpers.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  remove,
  request,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

/** Lines in, lines out: of every kind, and of what ties kinds together. */

const TYPES = { jsonl: "application/x-ndjson", csv: "text/csv" } as const;
type Format = keyof typeof TYPES;

async function send(server: TestServer, path: string, body: string, format: Format = "jsonl"): Promise<Json> {
  const answer = await request(server, "POST", `/v1/import/${path}`, {
    headers: { "content-type": TYPES[format] },
    body,
  });
  expect(answer.status, answer.text).toBe(202);
  const location = answer.headers.get("location")!;
  for (;;) {
    const { json } = await get(server, location);
    if (json.state !== "running") return json;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
/** The report of an import that ran to its end. */
async function reported(
  server: TestServer,
  path: string,
  lines: unknown,
  format: Format = "jsonl",
): Promise<Json> {
  const text = Array.isArray(lines) ? lines.map((line) => JSON.stringify(line)).join("\n") : String(lines);
  const job = await send(server, path, text, format);
  expect(job.state, JSON.stringify(job)).toBe("done");
  return job.result;
}

const exported = async (server: TestServer, format: Format): Promise<Map<string, string>> =>
  new Map(
    await Promise.all(
      PORTABLES.map(async ({ path }): Promise<[string, string]> => {
        const { status, text } = await get(server, `/v1/export/${path}`, { accept: TYPES[format] });
        expect(status).toBe(200);
        return [path, text];
      }),
    ),
  );

async function sample(): Promise<string> {
  const database = join(temporaryFolder(), "database.sqlite");
  const { code, stderr } = await chinook(["import", process.env.CHINOOK_SAMPLE!, "--database", database]);
  expect(code, stderr).toBe(0);
  return database;
}

const CATALOGUES: readonly (readonly [string, Format, (() => Promise<string>) | undefined])[] = [
  ["a generated catalogue", "csv", async () => copyOf(await makeCatalogue())],
  [
    "the sample (skipped without CHINOOK_SAMPLE)",
    "jsonl",
    process.env.CHINOOK_SAMPLE === undefined ? undefined : sample,
  ],
];

describe.each(CATALOGUES)("%s as %s", (_, format, database) => {
  test.skipIf(database === undefined)(
    "exported, imported into an empty database and exported is the same, byte for byte",
    async () => {
      await using source = await startServer({}, { database: await database!() });
      await post(source, "/v1/tags", {
        name: "Calm",
        type: "mood",
        synonyms: ["Mellow, soft", 'with "quotes"'],
      });
      for (const [key, value] of Object.entries({
        bpm: 120.5,
        live: true,
        on: "1999-12-31",
        text: 'a, "b"\nc',
        whole: 7,
      }))
        await request(source, "PUT", `/v1/tracks/1/metadata/${key}`, { body: { value } });
      const broad = await post(source, "/v1/tags", { name: "Broad", type: "mood" });
      await request(source, "PATCH", "/v1/tags/1", { body: { type: "mood", parent_id: broad.json.id } });
      await using target = await startServer();
      const before = await exported(source, format);
      for (const [path, text] of before) {
        const { lines, created, refused } = await reported(target, path, text, format);
        expect([path, refused, created]).toEqual([path, 0, lines]);
      }
      expect(await exported(target, format)).toEqual(before);
      for (const [path, text] of before) {
        const { lines, unchanged } = await reported(target, path, text, format);
        expect([path, unchanged]).toEqual([path, lines]);
      }
      expect(await exported(target, format)).toEqual(before);
      expect(existsSync(`${target.database}.import`)).toBe(false);
    },
    180_000,
  );
});

describe("lines", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({}, { database: copyOf(await makeCatalogue()) });
  }, 60_000);
  afterAll(async () => {
    expect(await server.stop()).toBe(0);
  });

  test("are all or nothing, each by itself, and those that are refused are named", async () => {
    const text = [
      JSON.stringify({ name: "First" }),
      "",
      "not json",
      JSON.stringify({ name: "" }),
      JSON.stringify({ name: "Odd", colour: "blue" }),
      JSON.stringify({ id: 1, public_id: "00000000-0000-4000-8000-000000000000", name: "Another's" }),
      `"${"x".repeat(70_000)}"`,
      JSON.stringify({ name: "Last", slug: "is-derived", comment_count: 99 }),
      "[1]",
    ].join("\n");
    const report = await reported(server, "artists", text);
    expect(report).toMatchObject({ lines: 8, created: 2, refused: 6 });
    expect(report.refusals.map(({ line, code }: Json) => [line, code])).toEqual([
      [3, "body_malformed"],
      [4, "invalid"],
      [5, "invalid"],
      [6, "invalid"],
      [7, "body_too_large"],
      [9, "invalid"],
    ]);
    expect((await get(server, "/v1/artists?slug=last")).json.data).toMatchObject([
      { name: "Last", comment_count: 0 },
    ]);
    expect(await reported(server, "artists", text)).toMatchObject({ created: 0, unchanged: 2, refused: 6 });
  });

  test("change what has their id, at once for every reader, and leave what they leave out", async () => {
    const before = (await get(server, "/v1/tracks/3")).json;
    const line = { ...before, name: "Renamed by a line", composer: undefined };
    expect(await reported(server, "tracks", [line])).toMatchObject({ changed: 1 });
    const { name, composer, public_id } = (await get(server, "/v1/tracks/3")).json;
    expect([name, composer, public_id]).toEqual([line.name, before.composer, before.public_id]);
    expect((await get(server, "/v1/search?q=renamed+line&mode=text")).json.data).toHaveLength(1);
    const { id: _, ...without } = line;
    expect(await reported(server, "tracks", [{ ...without, name: "And again" }])).toMatchObject({
      changed: 1,
    });
    expect((await get(server, "/v1/tracks/3")).json.name).toBe("And again");
  });

  test("that refer to later ones find them; what is nowhere is refused", async () => {
    const mood = { type: "mood" };
    const report = await reported(server, "tags", [
      { id: 903, name: "Third", ...mood, parent_id: 902 },
      { id: 902, name: "Second", ...mood, parent_id: 901 },
      { id: 901, name: "First", ...mood },
      { id: 904, name: "Lost", ...mood, parent_id: 987_654 },
      { id: 901, name: "First", ...mood, parent_id: 903 },
    ]);
    expect(report).toMatchObject({ created: 3, refused: 2 });
    expect(report.refusals.map(({ line, code }: Json) => [line, code])).toEqual([
      [4, "reference_unknown"],
      [5, "invalid"],
    ]);
  });

  test("as a whole are all written, or none", async () => {
    const count = () => value(server, "SELECT count(*) FROM genres");
    const before = count();
    const whole = async (lines: readonly unknown[]) => {
      const answer = await request(server, "POST", "/v1/import/genres?mode=whole", {
        headers: { "content-type": TYPES.jsonl },
        body: lines.map((line) => JSON.stringify(line)).join("\n"),
      });
      expect(answer.status).toBe(202);
      for (let job = answer.json; ; job = (await get(server, answer.headers.get("location")!)).json)
        if (job.state !== "running") return job;
    };
    const taken = value(server, "SELECT public_id FROM genres WHERE id = 2");
    const failed = await whole([{ name: "One" }, { id: 987, public_id: taken, name: "Two" }]);
    expect(failed).toMatchObject({
      state: "failed",
      error: { code: "already_exists" },
      result: { created: 0 },
    });
    expect(failed.error.detail).toMatch(/^line 2: .*nothing was written/);
    expect(await whole([{ name: "One" }, { nam: "Two" }])).toMatchObject({
      state: "failed",
      error: { code: "invalid" },
    });
    expect(count()).toBe(before);
    expect(await whole([{ name: "One" }, { name: "Two" }])).toMatchObject({
      state: "done",
      result: { created: 2 },
    });
    expect(count()).toBe(Number(before) + 2);
  });

  test("of CSV: cells with breaks and quotes, empty ones, wrong heads", async () => {
    const csv = 'name,id\r\n"a ""b"",\r\nc",\r\nplain,\r\n"open,1\r\n';
    const report = await reported(
      server,
      "playlists",
      'name,description\r\nX,"a ""b"",\r\nc"\r\nY,\r\nZ\r\n',
      "csv",
    );
    expect(report).toMatchObject({ created: 2, refused: 1, refusals: [{ line: 5 }] });
    expect((await get(server, "/v1/playlists?slug=x")).json.data[0].description).toBe('a "b",\nc');
    expect((await reported(server, "artists", csv, "csv")).refused).toBe(2);
    const wrong = await send(server, "artists", "name,colour\nA,blue\n", "csv");
    expect(wrong).toMatchObject({ state: "failed", error: { code: "invalid" } });
  });

  test("nothing else is taken, and nothing from a form", async () => {
    for (const type of [
      "text/plain",
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "application/json",
    ]) {
      const headers = { "content-type": type };
      expectProblem(
        await request(server, "POST", "/v1/import/artists", { headers, body: "{}" }),
        415,
        "media_type_unsupported",
      );
    }
    const headers = { "content-type": TYPES.csv };
    expectProblem(
      await request(server, "POST", "/v1/artists", { headers, body: "name\nA" }),
      415,
      "media_type_unsupported",
    );
    const foreign = { ...headers, "sec-fetch-site": "cross-site" };
    expectProblem(
      await request(server, "POST", "/v1/import/artists", { headers: foreign, body: "name\nA" }),
      403,
      "cross_origin",
    );
  });

  test("by the command line go through the server, and what is refused makes its exit status", async () => {
    const folder = join(temporaryFolder(), "lines");
    const database = ["--database", server.database, "--json"];
    const exporting = await chinook(["catalogue", "export", folder, ...database]);
    expect([exporting.code, readdirSync(folder).toSorted()]).toEqual([
      0,
      PORTABLES.map(({ path }) => `${path}.jsonl`).toSorted(),
    ]);
    expect(readFileSync(join(folder, "genres.jsonl"), "utf8")).toBe(
      (await get(server, "/v1/export/genres")).text,
    );
    appendFileSync(join(folder, "genres.jsonl"), '{"name":"New"}\n{"name":""}\n');
    const { code, stdout } = await chinook([
      "catalogue",
      "import",
      join(folder, "genres.jsonl"),
      ...database,
    ]);
    expect([code, JSON.parse(stdout).data[0]]).toMatchObject([1, { created: 1, changed: 0, refused: 1 }]);
  });

  test("what is under way can be cancelled; what was written stays, and a second import waits", async () => {
    const lines = Array.from({ length: 60_000 }, (_, n) => JSON.stringify({ name: `Many ${n}` })).join("\n");
    const headers = { "content-type": TYPES.jsonl };
    const { json } = await request(server, "POST", "/v1/import/artists", { headers, body: lines });
    expectProblem(
      await request(server, "POST", "/v1/import/artists", { headers, body: "{}" }),
      409,
      "import_running",
    );
    expect((await remove(server, `/admin/jobs/${json.id}`)).status).toBe(202);
    for (let job = json; ; job = (await get(server, `/admin/jobs/${json.id}`)).json) {
      if (job.state === "running") continue;
      expect(job).toMatchObject({ state: "cancelled", error: null });
      const { created } = job.result;
      expect(created).toBeLessThan(60_000);
      expect(value(server, "SELECT count(*) FROM artists WHERE name GLOB 'Many *'")).toBe(created);
      break;
    }
  });
});
