import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_KINDS, type Kind } from "../../src/main/model/kinds.ts";
import type { TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, startServer } from "../support/server.ts";
import { column, expectProblem, ids, value, walk } from "./helpers.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
  await addAwkwardRows();
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

/** Rows that sort alike, differ only by case or accent, or have nothing to sort by. */
async function addAwkwardRows(): Promise<void> {
  for (const name of [
    "same",
    "SAME",
    "Same",
    "same",
    "sâme",
    "Zz",
    "zz",
    "Ωmega",
    "ωmega",
    "🎸",
    "0",
    "10",
  ]) {
    for (const path of ["artists", "genres", "media-types", "playlists"])
      await post(server, `/v1/${path}`, { name });
    await post(server, "/v1/albums", { title: name, artist_id: 1 });
    await post(server, "/v1/tracks", { name, media_type_id: 1, milliseconds: 0, unit_price: 0 });
  }
}

const sorts = ALL_KINDS.flatMap((kind) =>
  Object.keys(kind.sorts).flatMap((sort) => [
    { path: kind.path, kind, sort, order: "ASC" },
    { path: kind.path, kind, sort: `-${sort}`, order: "DESC" },
  ]),
);

describe("a list walked to its end", () => {
  test.each(sorts)("$path by $sort neither repeats nor skips", async ({ kind, sort, order }) => {
    const key = kind.sorts[sort.replace("-", "")]!;
    const sql = `SELECT t.id FROM ${kind.table} t ORDER BY ${key} ${order}, t.id ${order}`;
    const expected = column(server, sql);
    for (const limit of [7, 100])
      expect(ids(await walk(server, `/v1/${kind.path}?sort=${sort}`, limit))).toEqual(expected);
  });

  test("is by id when no sort is given, twenty at a time", async () => {
    const { json } = await get(server, "/v1/tracks");
    expect(ids(json.data)).toEqual(column(server, "SELECT id FROM tracks ORDER BY id LIMIT 20"));
  });

  test.each(ALL_KINDS)("of $path holds the very texts of its entities", async ({ path, sorts }) => {
    const odd = { title: 'a "quoted" \\ title, ünï\u2028 🎸\n', artist_id: 1 };
    const named = { name: odd.title };
    const track = { ...named, media_type_id: 1, milliseconds: 0, unit_price: 0.1 };
    await post(server, `/v1/${path}`, path === "albums" ? odd : path === "tracks" ? track : named);
    for (const sort of Object.keys(sorts)) {
      const { text, json } = await get(server, `/v1/${path}?sort=-${sort}&limit=15&total=1`);
      const entities = await Promise.all(ids(json.data).map((id) => get(server, `/v1/${path}/${id}`)));
      const texts = entities.map((entity) => entity.text).join();
      expect(text).toBe(`{"data":[${texts}],"next":${JSON.stringify(json.next)},"total":${json.total}}`);
    }
  });

  test("neither repeats nor skips what was there, while rows are changed between its pages", async () => {
    const first = await get(server, "/v1/artists?sort=name&limit=5");
    const before = column(server, "SELECT id FROM artists ORDER BY name, id");
    await post(server, "/v1/artists", { name: "!! before everything" });
    const gone = await post(server, "/v1/artists", { name: "!!! passing" });
    await remove(server, `/v1/artists/${gone.json.id}`);
    const rest = await get(server, `/v1/artists?sort=name&limit=100&cursor=${first.json.next}`);
    expect([...ids(first.json.data), ...ids(rest.json.data)]).toEqual(before.slice(0, 105));
  });

  test("goes on after the row that the cursor names is gone", async () => {
    const made = [];
    for (const name of ["~1", "~2", "~3"]) made.push((await post(server, "/v1/genres", { name })).json.id);
    const page = await get(server, "/v1/genres?sort=-id&limit=2");
    expect(ids(page.json.data)).toEqual([made[2], made[1]]);
    await remove(server, `/v1/genres/${made[1]}`);
    const next = await get(server, `/v1/genres?sort=-id&limit=1&cursor=${page.json.next}`);
    expect(ids(next.json.data)).toEqual([made[0]]);
  });
});

/** What a filter means, said in SQL of its own. */
const meaning = (parameter: string): string =>
  parameter === "artist_id"
    ? "album_id IN (SELECT id FROM albums WHERE artist_id = ?) OR artist_id = ?"
    : `${parameter} = ? OR ${parameter} = ?`;

function filtered({ table, path }: Kind, parameter: string, given: unknown): number[] {
  const where = path === "albums" && parameter === "artist_id" ? "artist_id = ? OR artist_id = ?" : "";
  const condition = where || meaning(parameter).replace(/ OR artist_id = \?$/, " OR 0 = ?");
  return column(server, `SELECT id FROM ${table} WHERE ${condition} ORDER BY id`, given, given);
}

const filters = ALL_KINDS.flatMap((kind) =>
  kind.filters.map(({ parameter }) => ({ path: kind.path, kind, parameter })),
);

describe("a filter", () => {
  test.each(filters)("$parameter of $path finds exactly what has it", async ({ kind, parameter }) => {
    const { json } = await get(server, `/v1/${kind.path}/3`);
    const wanted = json[parameter];
    const expected = filtered(kind, parameter, wanted);
    expect(expected).toContain(3);
    expect(ids(await walk(server, `/v1/${kind.path}?${parameter}=${wanted}`, 11))).toEqual(expected);
    const down = await walk(server, `/v1/${kind.path}?${parameter}=${wanted}&sort=-id`, 100);
    expect(ids(down)).toEqual(expected.toReversed());
  });

  test.each(filters)("$parameter of $path that nothing has finds nothing", async ({ path, parameter }) => {
    const nothing = parameter === "public_id" ? "00000000-0000-4000-8000-000000000000" : "987654321";
    const { json } = await get(server, `/v1/${path}?${parameter}=${nothing}&total=1`);
    expect(json).toEqual({ data: [], next: null, total: 0 });
  });

  test("narrows another one, with every sort", async () => {
    const sql = "SELECT id FROM tracks WHERE genre_id = 1 AND media_type_id = 1 ORDER BY name, id";
    const both = await walk(server, "/v1/tracks?genre_id=1&media_type_id=1&sort=name", 13);
    expect(ids(both)).toEqual(column(server, sql));
    expect(both.length).toBeGreaterThan(13);
  });
});

describe("?total=1", () => {
  test.each(ALL_KINDS)("counts all $path, whatever the page", async ({ path, table }) => {
    const total = value(server, `SELECT count(*) FROM ${table}`);
    const { json, headers } = await get(server, `/v1/${path}?total=1&limit=3`);
    expect([json.total, json.data.length]).toEqual([total, 3]);
    const next = await get(server, `/v1/${path}?total=1&limit=3&cursor=${json.next}`);
    expect(next.json.total).toBe(total);
    expect(next.headers.get("etag")).not.toBe(headers.get("etag"));
  });

  test("counts what the filters leave", async () => {
    const { json } = await get(server, "/v1/tracks?total=1&genre_id=1");
    expect(json.total).toBe(value(server, "SELECT count(*) FROM tracks WHERE genre_id = 1"));
  });

  test("knows of a write as soon as the write is answered", async () => {
    const before = (await get(server, "/v1/genres?total=1")).json.total;
    const { json } = await post(server, "/v1/genres", { name: "Counted" });
    expect((await get(server, "/v1/genres?total=1")).json.total).toBe(before + 1);
    await remove(server, `/v1/genres/${json.id}`);
    expect((await get(server, "/v1/genres?total=1")).json.total).toBe(before);
  });

  test("is left out unless asked for", async () => {
    for (const path of ["/v1/genres", "/v1/genres?total=0"])
      expect((await get(server, path)).json).not.toHaveProperty("total");
  });
});

const nests = [
  { path: "/v1/artists/1/albums", sql: "SELECT id FROM albums WHERE artist_id = 1 ORDER BY id" },
  { path: "/v1/albums/1/tracks", sql: "SELECT id FROM tracks WHERE album_id = 1 ORDER BY id" },
  {
    path: "/v1/playlists/1/tracks",
    sql: "SELECT track_id FROM playlist_tracks WHERE playlist_id = 1 ORDER BY track_id",
  },
];

describe("a nested list", () => {
  test.each(nests)("$path holds the children of its parent, up and down", async ({ path, sql }) => {
    const expected = column(server, sql);
    expect(expected.length).toBeGreaterThan(2);
    expect(ids(await walk(server, path, 2))).toEqual(expected);
    expect(ids(await walk(server, `${path}?sort=-id`, 2))).toEqual(expected.toReversed());
  });

  test.each(nests)(
    "$path is empty for a parent without children and 404 without parent",
    async ({ path }) => {
      const [, kind, child] = /^\/v1\/(\w+)\/1\/(\w+)$/.exec(path)!;
      const body = kind === "albums" ? { title: "Childless", artist_id: 1 } : { name: "Childless" };
      const { json } = await post(server, `/v1/${kind}`, body);
      const childless = await get(server, `/v1/${kind}/${json.id}/${child}`);
      expect(childless.json).toEqual({ data: [], next: null });
      expectProblem(await get(server, path.replace("/1/", "/987654321/")), 404, "not_found");
      await remove(server, `/v1/${kind}/${json.id}`);
      expectProblem(await get(server, `/v1/${kind}/${json.id}/${child}`), 404, "not_found");
    },
  );

  test("shows its items as they are on their own", async () => {
    const { json } = await get(server, "/v1/albums/1/tracks?limit=1");
    const { json: track } = await get(server, `/v1/tracks/${json.data[0].id}`);
    expect(json.data[0]).toEqual(track);
  });

  test("knows of a renamed parent as soon as the change is answered", async () => {
    const { json: artist } = await post(server, "/v1/artists", { name: "Before" });
    await post(server, "/v1/albums", { title: "Only one", artist_id: artist.id });
    const names = async () => (await get(server, `/v1/artists/${artist.id}/albums`)).json.data[0].artist_name;
    expect(await names()).toBe("Before");
    await patch(server, `/v1/artists/${artist.id}`, { name: "After" });
    expect(await names()).toBe("After");
  });
});

describe("a cursor", () => {
  const hex = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("hex").toUpperCase();

  test.each([
    ["of another sort", hex(["name", "a", 1])],
    ["that is no JSON", "00FF"],
    ["with an object for a key", hex(["id", {}, 1])],
    ["with a fraction for an id", hex(["id", 1, 1.5])],
    ["with an id past what is exact", hex(["id", 1, 2 ** 53])],
    ["that is empty JSON", hex([])],
    ["that is null", hex(null)],
    ["with an infinite key", Buffer.from('["id",1e999,1]').toString("hex").toUpperCase()],
  ])("%s is refused", async (_, cursor) => {
    const problem = expectProblem(await get(server, `/v1/tracks?cursor=${cursor}`), 400, "cursor_invalid");
    expect(problem.errors[0].parameter).toBe("cursor");
  });

  test.each([
    ["that is empty", ""],
    ["that is not hexadecimal", "xyz"],
    ["of half a byte", "abc"],
    ["that is a space", "%20"],
    ["that is too long", "A".repeat(2_002)],
  ])("%s is no cursor at all", async (_, cursor) => {
    const problem = expectProblem(await get(server, `/v1/tracks?cursor=${cursor}`), 422, "invalid");
    expect(problem.errors[0].parameter).toBe("cursor");
  });

  test("whose name holds an unpaired surrogate is an error or a page, never a failure", async () => {
    const cursor = Buffer.from('["name","\\ud800",1]').toString("hex").toUpperCase();
    const { status } = await get(server, `/v1/tracks?sort=name&cursor=${cursor}`);
    expect([200, 400]).toContain(status);
  });
});
