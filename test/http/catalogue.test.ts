import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ALL_KINDS, type KindPath } from "../../src/main/model/kinds.ts";
import type { Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, request, startServer } from "../support/server.ts";
import { expectProblem, value } from "./helpers.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
const STAMPED = {
  id: expect.any(Number),
  public_id: expect.stringMatching(UUID),
  created_at: NOW,
  updated_at: NOW,
};

/** A body to create with, all that comes back of it, and a change. */
const SAMPLES: Readonly<Record<KindPath, { body: Json; answer: Json; change: Json; changed: Json }>> = {
  artists: named("The Tide Tables", { comment_count: 0 }),
  genres: named("Shoegaze"),
  "media-types": named("FLAC audio file"),
  playlists: named("Sunday morning", {
    ...{ description: null, owner_id: null, owner_name: null, visibility: "public" },
    ...{ allow_duplicates: false, track_count: 0, milliseconds: 0, comment_count: 0 },
  }),
  tags: named("Late night", { type: "tag", parent_id: null, synonyms: [] }),
  albums: {
    body: { title: "Night Ferry", artist_id: 1 },
    answer: {
      title: "Night Ferry",
      slug: "night-ferry",
      artist_id: 1,
      artist_name: expect.any(String),
      release_date: null,
      comment_count: 0,
    },
    change: { release_date: "2024-02-29" },
    changed: { title: "Night Ferry", release_date: "2024-02-29" },
  },
  tracks: {
    body: { name: "Harbour Lights", album_id: 1, media_type_id: 1, milliseconds: 1, unit_price: 0.99 },
    answer: {
      name: "Harbour Lights",
      slug: "harbour-lights",
      album_id: 1,
      album_title: expect.any(String),
      artist_id: expect.any(Number),
      artist_name: expect.any(String),
      genre_id: null,
      genre_name: null,
      media_type_id: 1,
      media_type_name: expect.any(String),
      composer: null,
      disc_number: null,
      track_number: null,
      milliseconds: 1,
      bytes: null,
      unit_price: 0.99,
      comment_count: 0,
    },
    change: { album_id: null, bytes: 7, name: "Ink" },
    changed: { album_id: null, album_title: null, artist_id: null, bytes: 7, slug: "ink", unit_price: 0.99 },
  },
};

function named(name: string, more: Json = {}) {
  const slug = name.toLowerCase().replaceAll(" ", "-");
  return {
    body: { name },
    answer: { name, slug, ...more },
    change: { name: "Été à Zürich" },
    changed: { name: "Été à Zürich", slug: "ete-a-zurich" },
  };
}

let made = 0;
/** Each test has an entity of its own to work on. A tag's name is its own among tags. */
async function created(path: KindPath, more: Json = {}): Promise<Json> {
  const name = path === "tags" ? { name: `Late night ${++made}` } : {};
  const answer = await post(server, `/v1/${path}`, { ...SAMPLES[path].body, ...name, ...more });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

describe.each(ALL_KINDS)("a $noun", ({ path, table }) => {
  const sample = SAMPLES[path];

  test("is created with 201, Location, ETag and the entity as body", async () => {
    const answer = await post(server, `/v1/${path}`, sample.body);
    expect(answer.status, answer.text).toBe(201);
    expect(answer.json).toEqual({ ...STAMPED, ...sample.answer });
    expect(answer.headers.get("location")).toBe(`/v1/${path}/${answer.json.id}`);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const found = await get(server, answer.headers.get("location")!);
    expect(found.json).toEqual(answer.json);
    expect(found.headers.get("etag")).toBe(answer.headers.get("etag"));
  });

  test("has the fields of its schema, in order", async () => {
    const kind = ALL_KINDS.find((kind) => kind.path === path)!;
    const { json } = await get(server, `/v1/${path}/1`);
    expect(Object.keys(json).sort()).toEqual(Object.keys(kind.schema.shape).sort());
    expect(kind.schema.strict().safeParse(json).error).toBeUndefined();
  });

  test("answers HEAD with GET's headers and no body", async () => {
    const [full, head] = [await get(server, `/v1/${path}/1`), await request(server, "HEAD", `/v1/${path}/1`)];
    expect(head.status).toBe(200);
    expect(head.text).toBe("");
    for (const name of ["etag", "content-type", "content-length"])
      expect(head.headers.get(name), name).toBe(full.headers.get(name));
  });

  test("is changed by PATCH in the given fields only", async () => {
    const before = await created(path);
    const answer = await patch(server, `/v1/${path}/${before.id}`, sample.change);
    expect(answer.status, answer.text).toBe(200);
    expect(answer.json).toMatchObject({ ...sample.changed, id: before.id, public_id: before.public_id });
    expect(answer.json.created_at).toBe(before.created_at);
    const { json, headers } = await get(server, `/v1/${path}/${before.id}`);
    expect(json).toEqual(answer.json);
    expect(headers.get("etag")).toBe(answer.headers.get("etag"));
  });

  test("is deleted with 204, then 404, and its id is not reused", async () => {
    const { id } = await created(path);
    const answer = await remove(server, `/v1/${path}/${id}`);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expectProblem(await get(server, `/v1/${path}/${id}`), 404, "not_found");
    expectProblem(await patch(server, `/v1/${path}/${id}`, sample.change), 404, "not_found");
    expectProblem(await remove(server, `/v1/${path}/${id}`), 404, "not_found");
    expect((await created(path)).id).toBeGreaterThan(id);
  });

  test("without a required field is refused and not stored", async () => {
    const count = () => value(server, `SELECT count(*) FROM ${table}`);
    const before = count();
    const problem = expectProblem(await post(server, `/v1/${path}`, {}), 422, "invalid");
    const fields = problem.errors.map(({ pointer }: Json) => pointer);
    expect(fields).toContain(`/${Object.keys(sample.body)[0]}`);
    expect(count()).toBe(before);
  });

  test("does not let a client choose its id, public_id, slug or times", async () => {
    for (const field of ["id", "public_id", "slug", "version", "created_at", "updated_at"]) {
      const answer = await post(server, `/v1/${path}`, { ...sample.body, [field]: 1 });
      const problem = expectProblem(answer, 422, "invalid");
      expect(problem.errors[0]).toMatchObject({ pointer: `/${field}` });
    }
  });

  test("is not changed by an empty PATCH", async () => {
    const problem = expectProblem(await patch(server, `/v1/${path}/1`, {}), 422, "invalid");
    expect(problem.errors).toEqual([{ pointer: "", detail: expect.stringContaining("at least one field") }]);
  });

  test(`with an unknown id is 404`, async () => {
    expectProblem(await get(server, `/v1/${path}/${Number.MAX_SAFE_INTEGER}`), 404, "not_found");
    const head = await request(server, "HEAD", `/v1/${path}/${Number.MAX_SAFE_INTEGER}`);
    expect([head.status, head.text]).toEqual([404, ""]);
  });
});

describe("money", () => {
  test.each([0, 0.01, 0.07, 0.29, 0.57, 0.99, 1.1, 1.15, 19.99, 4_999.95, 999_999.99, 1_000_000])(
    "is returned as sent: %d",
    async (unit_price) => {
      const { id } = await created("tracks", { unit_price });
      const { text, json } = await get(server, `/v1/tracks/${id}`);
      expect(json.unit_price).toBe(unit_price);
      expect(text).toContain(`"unit_price":${unit_price}`.replace(/\.0$/, ""));
      expect(value(server, "SELECT unit_price_cents FROM tracks WHERE id = ?", id)).toBe(
        Math.round(unit_price * 100),
      );
    },
  );

  test.each([-0.01, 0.001, 1.005, 1_000_000.01, "0.99", null, true])(
    "is refused unless whole cents from 0 to a million: %j",
    async (unit_price) => {
      const answer = await post(server, "/v1/tracks", { ...SAMPLES.tracks.body, unit_price });
      expect(expectProblem(answer, 422, "invalid").errors[0].pointer).toBe("/unit_price");
    },
  );
});

describe("text", () => {
  test.each(["AC/DC", "l'amour", '"quoted"', "日本語", "🎸🎸", "' OR 1=1 --", "%_\\", "a".repeat(200), "é"])(
    "comes back as it was sent: %s",
    async (name) => {
      const { id } = await created("artists", { name });
      expect((await get(server, `/v1/artists/${id}`)).json.name).toBe(name);
    },
  );

  test("is trimmed, and refused if empty", async () => {
    expect((await created("artists", { name: "  Tide \n" })).name).toBe("Tide");
    const problem = expectProblem(await post(server, "/v1/artists", { name: " \t " }), 422, "invalid");
    expect(problem.errors[0].pointer).toBe("/name");
  });

  test("is refused beyond its length limit", async () => {
    expectProblem(await post(server, "/v1/artists", { name: "a".repeat(201) }), 422, "invalid");
  });
});

describe("references", () => {
  const UNKNOWN = 987_654_321;
  const references = ALL_KINDS.flatMap(({ path, references }) =>
    Object.keys(references).map((field) => ({ path, field })),
  );

  test.each(references)("an unknown $field of $path is refused by name", async ({ path, field }) => {
    const body = { ...SAMPLES[path].body, ...(path === "tags" ? { name: "Lost" } : {}), [field]: UNKNOWN };
    const onCreate = expectProblem(await post(server, `/v1/${path}`, body), 422, "reference_unknown");
    expect(onCreate.errors).toEqual([{ pointer: `/${field}`, detail: expect.any(String) }]);
    const { id } = await created(path);
    const answer = await patch(server, `/v1/${path}/${id}`, { [field]: UNKNOWN });
    expect(expectProblem(answer, 422, "reference_unknown").errors).toEqual(onCreate.errors);
  });

  test("all unknown references are named at once", async () => {
    const body = { ...SAMPLES.tracks.body, album_id: UNKNOWN, genre_id: UNKNOWN, media_type_id: UNKNOWN };
    const { errors } = expectProblem(await post(server, "/v1/tracks", body), 422, "reference_unknown");
    expect(errors.map(({ pointer }: Json) => pointer).sort()).toEqual([
      "/album_id",
      "/genre_id",
      "/media_type_id",
    ]);
  });

  test.each(["artists", "albums", "genres", "media-types"])("%s in use cannot be deleted", async (path) => {
    expectProblem(await remove(server, `/v1/${path}/1`), 409, "in_use");
    expect((await get(server, `/v1/${path}/1`)).status).toBe(200);
  });

  test("PATCH of a missing entity is 404, even if its body is invalid", async () => {
    const answer = await patch(server, `/v1/albums/${UNKNOWN}`, { artist_id: UNKNOWN });
    expectProblem(answer, 404, "not_found");
  });
});

describe("a playlist's tracks", () => {
  const listed = async (id: number) =>
    (await get(server, `/v1/playlists/${id}/tracks`)).json.data.map(({ id }: Json) => id);

  test("can be added and removed", async () => {
    const { id } = await created("playlists");
    const answer = await post(server, `/v1/playlists/${id}/tracks`, { track_id: 3 });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.json).toEqual({
      ...{ playlist_id: id, entry_id: expect.any(Number), track_id: 3, position: 1, added_at: NOW },
    });
    expect(await listed(id)).toEqual([3]);
    expect((await remove(server, `/v1/playlists/${id}/tracks/3`)).status).toBe(204);
    expect(await listed(id)).toEqual([]);
    expectProblem(await remove(server, `/v1/playlists/${id}/tracks/3`), 404, "not_found");
  });

  test("are unique: adding one again is a conflict and the first entry stays", async () => {
    const { id } = await created("playlists");
    await post(server, `/v1/playlists/${id}/tracks`, { track_id: 5 });
    const again = await post(server, `/v1/playlists/${id}/tracks`, { track_id: 5 });
    expectProblem(again, 409, "already_exists");
    expect(await listed(id)).toEqual([5]);
  });

  test("must exist, as must the playlist", async () => {
    const { id } = await created("playlists");
    const unknown = await post(server, `/v1/playlists/${id}/tracks`, { track_id: 987_654_321 });
    expect(expectProblem(unknown, 422, "reference_unknown").errors[0].pointer).toBe("/track_id");
    expectProblem(await post(server, "/v1/playlists/987654321/tracks", { track_id: 1 }), 404, "not_found");
    expectProblem(await remove(server, "/v1/playlists/987654321/tracks/1"), 404, "not_found");
  });

  test("are removed when deleted; deleting a playlist deletes only its entries", async () => {
    const [{ id }, track] = [await created("playlists"), await created("tracks")];
    for (const track_id of [7, track.id]) await post(server, `/v1/playlists/${id}/tracks`, { track_id });
    await remove(server, `/v1/tracks/${track.id}`);
    expect(await listed(id)).toEqual([7]);
    expect((await remove(server, `/v1/playlists/${id}`)).status).toBe(204);
    expect((await get(server, "/v1/tracks/7")).status).toBe(200);
  });
});
