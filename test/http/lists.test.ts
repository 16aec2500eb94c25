import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_KINDS, KINDS, type Kind } from "../../src/main/model/kinds.ts";
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
    const sql = `SELECT t.id FROM ${kind.from} ORDER BY ${key} ${order}, t.id ${order}`;
    const expected = column(server, sql);
    for (const limit of [7, 100])
      expect(ids(await walk(server, `/v1/${kind.path}?sort=${sort}`, limit))).toEqual(expected);
  });

  test("is sorted by id by default, twenty per page", async () => {
    const { json } = await get(server, "/v1/tracks");
    expect(ids(json.data)).toEqual(column(server, "SELECT id FROM tracks ORDER BY id LIMIT 20"));
  });

  test.each(ALL_KINDS)("of $path holds the same JSON as its entities", async ({ path, sorts }) => {
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

  test("neither repeats nor skips rows while others change between pages", async () => {
    const first = await get(server, "/v1/artists?sort=name&limit=5");
    const before = column(server, "SELECT id FROM artists ORDER BY name, id");
    await post(server, "/v1/artists", { name: "!! before everything" });
    const gone = await post(server, "/v1/artists", { name: "!!! passing" });
    await remove(server, `/v1/artists/${gone.json.id}`);
    const rest = await get(server, `/v1/artists?sort=name&limit=100&cursor=${first.json.next}`);
    expect([...ids(first.json.data), ...ids(rest.json.data)]).toEqual(before.slice(0, 105));
  });

  test("continues after the cursor's row was deleted", async () => {
    const made = [];
    for (const name of ["~1", "~2", "~3"]) made.push((await post(server, "/v1/genres", { name })).json.id);
    const page = await get(server, "/v1/genres?sort=-id&limit=2");
    expect(ids(page.json.data)).toEqual([made[2], made[1]]);
    await remove(server, `/v1/genres/${made[1]}`);
    const next = await get(server, `/v1/genres?sort=-id&limit=1&cursor=${page.json.next}`);
    expect(ids(next.json.data)).toEqual([made[0]]);
  });
});

/** Each filter as independent SQL. */
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
  kind.filters
    .filter(({ sort }) => sort === undefined)
    .flatMap(({ parameters }) => Object.keys(parameters))
    // Ids are asked for several at once; metadata and tags have tests of their own.
    .filter((parameter) => !["ids", "metadata", "tag"].includes(parameter))
    .map((parameter) => ({ path: kind.path, kind, parameter })),
);

describe("a filter", () => {
  test.each(filters)("$parameter of $path returns exactly the matching rows", async ({ kind, parameter }) => {
    const { json } = await get(server, `/v1/${kind.path}/3`);
    const expected = filtered(kind, parameter, json[parameter]);
    const wanted = encodeURIComponent(json[parameter]);
    expect(expected).toContain(3);
    expect(ids(await walk(server, `/v1/${kind.path}?${parameter}=${wanted}&sort=id`, 11))).toEqual(expected);
    const down = await walk(server, `/v1/${kind.path}?${parameter}=${wanted}&sort=-id`, 100);
    expect(ids(down)).toEqual(expected.toReversed());
  });

  test.each(filters)("$parameter of $path without matches returns nothing", async ({ path, parameter }) => {
    const nothing =
      { public_id: "00000000-0000-4000-8000-000000000000", type: "nothing" }[parameter] ?? "987654321";
    const { json } = await get(server, `/v1/${path}?${parameter}=${nothing}&total=1`);
    expect(json).toEqual({ data: [], next: null, total: 0 });
  });

  test("ids returns the existing ones, in sort order", async () => {
    const found = await walk(server, "/v1/tracks?ids=9,3,987654321,7&sort=-id", 2);
    expect(ids(found)).toEqual([9, 7, 3]);
    const { json } = await get(server, "/v1/tracks?ids=9,3,987654321,7,7&total=1&limit=1");
    expect([json.total, ids(json.data)]).toEqual([3, [3]]);
    for (const bad of [
      "",
      "1,",
      "0",
      "1,-2",
      "a",
      "1%202",
      Array(101).fill("1").join(","),
      "9999999999999999",
    ])
      expectProblem(await get(server, `/v1/tracks?ids=${bad}`), 422, "invalid");
  });

  test.each([
    ["tracks", "name_prefix=S", "name LIKE 's%'"],
    ["tracks", "name_prefix=sa", "name LIKE 'sa%'"],
    ["albums", "title_prefix=z", "title LIKE 'z%'"],
    ["artists", "name_prefix=%CF%89", "name >= 'ω' AND name < 'ϊ'"],
    ["tracks", "milliseconds_min=200000&milliseconds_max=250000", "milliseconds BETWEEN 200000 AND 250000"],
    ["tracks", "milliseconds_max=0", "milliseconds = 0"],
    ["tracks", "unit_price_min=1", "unit_price_cents >= 100"],
    ["tracks", "unit_price_max=0.99", "unit_price_cents <= 99"],
    ["albums", "release_date_from=2000-01-01", "release_date >= '2000-01-01'"],
    ["albums", "release_date_to=1999-12-31", "release_date <= '1999-12-31'"],
    ["albums", "artist_id=1&release_date_from=1950-01-01", "artist_id = 1 AND release_date >= '1950-01-01'"],
    ["tracks", "genre_id=1&milliseconds_min=240000", "genre_id = 1 AND milliseconds >= 240000"],
    ["tracks", "updated_at_from=2020-01-01T02:00:00%2B02:00", "updated_at >= '2020-01-01T00:00:00.000Z'"],
    ["playlists", "updated_at_to=2024-01-01T00:00:00Z", "updated_at <= '2024-01-01T00:00:00.000Z'"],
  ])("of %s by %s returns and counts the rows in the range, with every sort", async (path, query, sql) => {
    const kind = ALL_KINDS.find((kind) => kind.path === path)!;
    for (const [sort, key] of Object.entries(kind.sorts)) {
      const expected = column(
        server,
        `SELECT t.id FROM ${kind.from} WHERE t.id IN (SELECT id FROM ${path} WHERE ${sql}) ORDER BY ${key} DESC, t.id DESC`,
      );
      expect(expected.length).toBeGreaterThan(0);
      const found = await walk(server, `/v1/${path}?${query}&sort=-${sort}`, 9);
      expect(ids(found), sort).toEqual(expected);
      const { json } = await get(server, `/v1/${path}?${query}&sort=-${sort}&total=1&limit=1`);
      expect(json.total).toBe(expected.length);
    }
  });

  test("composer matches case-insensitively", async () => {
    const [composer] = column<string>(
      server,
      "SELECT composer FROM tracks WHERE composer IS NOT NULL LIMIT 1",
    );
    const expected = column(server, "SELECT id FROM tracks WHERE composer = ? ORDER BY id", composer);
    const found = await walk(server, `/v1/tracks?composer=${encodeURIComponent(composer!.toUpperCase())}`);
    expect(ids(found)).toEqual(expected);
  });

  test("with an invalid range names what is wrong with its bounds", async () => {
    for (const bad of [
      "milliseconds_min=-1",
      "milliseconds_max=1.5",
      "unit_price_min=0.999",
      "updated_at_from=2020-01-01",
      "name_prefix=",
    ])
      expectProblem(await get(server, `/v1/tracks?${bad}`), 422, "invalid");
    expectProblem(await get(server, "/v1/albums?release_date_to=1999-13-01"), 422, "invalid");
  });

  test("combines with another filter, with every sort", async () => {
    const sql = "SELECT id FROM tracks WHERE genre_id = 1 AND media_type_id = 1 ORDER BY name, id";
    const both = await walk(server, "/v1/tracks?genre_id=1&media_type_id=1&sort=name", 13);
    expect(ids(both)).toEqual(column(server, sql));
    expect(both.length).toBeGreaterThan(13);
  });
});

describe("a nested list", () => {
  const nested = [
    { path: "/v1/artists/1/albums", kind: KINDS.albums, from: "albums t WHERE t.artist_id = 1" },
    { path: "/v1/albums/1/tracks", kind: KINDS.tracks, from: "tracks t WHERE t.album_id = 1" },
    {
      path: "/v1/playlists/1/tracks",
      kind: KINDS.tracks,
      from: "playlist_tracks p JOIN tracks t ON t.id = p.track_id WHERE p.playlist_id = 1",
    },
  ];

  test.each(nested)("$path sorts and counts like a list", async ({ path, kind, from }) => {
    for (const [sort, key] of Object.entries(kind.sorts)) {
      for (const [sign, order] of [
        ["", "ASC"],
        ["-", "DESC"],
      ]) {
        const expected = column(
          server,
          `SELECT t.id FROM ${kind.from} WHERE t.id IN (SELECT t.id FROM ${from}) ORDER BY ${key} ${order}, t.id ${order}`,
        );
        expect(expected.length).toBeGreaterThan(1);
        expect(ids(await walk(server, `${path}?sort=${sign}${sort}`, 3)), sort).toEqual(expected);
        const { json } = await get(server, `${path}?sort=${sign}${sort}&total=1&limit=1`);
        expect(json.total).toBe(expected.length);
      }
    }
  });

  test("of an album's tracks is sorted by disc and number, without a number last", async () => {
    const { json: album } = await post(server, "/v1/albums", { title: "Numbered", artist_id: 1 });
    const track = { media_type_id: 1, milliseconds: 1, unit_price: 1, album_id: album.id };
    const places = [
      { disc_number: 2, track_number: 1 },
      {},
      { track_number: 2 },
      { disc_number: 1, track_number: 1 },
    ];
    const made = [];
    for (const place of places)
      made.push((await post(server, "/v1/tracks", { name: "N", ...track, ...place })).json);
    expect(made.map(({ disc_number, track_number }) => [disc_number, track_number])).toEqual([
      [2, 1],
      [null, null],
      [null, 2],
      [1, 1],
    ]);
    const order = [made[3], made[2], made[1], made[0]].map(({ id }) => id);
    expect(ids(await walk(server, `/v1/albums/${album.id}/tracks`, 2))).toEqual(order);
    expect(ids(await walk(server, `/v1/albums/${album.id}/tracks?sort=-number`, 3))).toEqual(
      order.toReversed(),
    );
    await patch(server, `/v1/tracks/${made[1].id}`, { track_number: 1, disc_number: 3 });
    expect(ids(await walk(server, `/v1/albums/${album.id}/tracks`)).at(-1)).toBe(made[1].id);
    expectProblem(await patch(server, `/v1/tracks/${made[1].id}`, { track_number: 0 }), 422, "invalid");
  });

  test("of a missing owner is 404 without a total", async () => {
    expectProblem(await get(server, "/v1/artists/987654/albums?total=1&sort=-title"), 404, "not_found");
  });
});

describe("?total=1", () => {
  test.each(ALL_KINDS)("counts all $path on every page", async ({ path, table }) => {
    const total = value(server, `SELECT count(*) FROM ${table}`);
    const { json, headers } = await get(server, `/v1/${path}?total=1&limit=3`);
    expect([json.total, json.data.length]).toEqual([total, 3]);
    const next = await get(server, `/v1/${path}?total=1&limit=3&cursor=${json.next}`);
    expect(next.json.total).toBe(total);
    expect(next.headers.get("etag")).not.toBe(headers.get("etag"));
  });

  test("counts the rows that match the filters", async () => {
    const { json } = await get(server, "/v1/tracks?total=1&genre_id=1");
    expect(json.total).toBe(value(server, "SELECT count(*) FROM tracks WHERE genre_id = 1"));
  });

  test("includes a write as soon as the write is answered", async () => {
    const before = (await get(server, "/v1/genres?total=1")).json.total;
    const { json } = await post(server, "/v1/genres", { name: "Counted" });
    expect((await get(server, "/v1/genres?total=1")).json.total).toBe(before + 1);
    await remove(server, `/v1/genres/${json.id}`);
    expect((await get(server, "/v1/genres?total=1")).json.total).toBe(before);
  });

  test("is omitted by default", async () => {
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
  test.each(nests)(
    "$path holds the children of its parent, ascending and descending",
    async ({ path, sql }) => {
      const expected = column(server, sql);
      expect(expected.length).toBeGreaterThan(2);
      expect(ids(await walk(server, path, 2))).toEqual(expected);
      expect(ids(await walk(server, `${path}?sort=-id`, 2))).toEqual(expected.toReversed());
    },
  );

  test.each(nests)(
    "$path is empty for a parent without children and 404 without a parent",
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

  test("shows its items as their own route does", async () => {
    const { json } = await get(server, "/v1/albums/1/tracks?limit=1");
    const { json: track } = await get(server, `/v1/tracks/${json.data[0].id}`);
    expect(json.data[0]).toEqual(track);
  });

  test("shows a renamed parent as soon as the change is answered", async () => {
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
  ])("%s is an invalid cursor", async (_, cursor) => {
    const problem = expectProblem(await get(server, `/v1/tracks?cursor=${cursor}`), 422, "invalid");
    expect(problem.errors[0].parameter).toBe("cursor");
  });

  test("with an unpaired surrogate is refused or answered, never a 500", async () => {
    const cursor = Buffer.from('["name","\\ud800",1]').toString("hex").toUpperCase();
    const { status } = await get(server, `/v1/tracks?sort=name&cursor=${cursor}`);
    expect([200, 400]).toContain(status);
  });
});

describe.each(ALL_KINDS)("$path by ids", ({ path }) => {
  test("are one page in the order of the ids, and missing ids are named", async () => {
    const all = ids(await walk(server, `/v1/${path}`, 100));
    const wanted = [all.at(-1)!, 999_999, all[0]!, ...all.slice(1, 40), 888_888];
    const { json } = await get(server, `/v1/${path}?ids=${wanted}`);
    expect(ids(json.data)).toEqual(wanted.filter((id) => id < 800_000));
    expect(json).toMatchObject({ next: null, missing: [999_999, 888_888] });
    const [one] = json.data;
    expect((await get(server, `/v1/${path}/${one.id}`)).json).toEqual(one);
  });
});
