import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, request, startServer } from "../support/server.ts";
import { expectProblem, value } from "./helpers.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
});
afterEach(async () => {
  expect((await get(server, "/v1/tracks/1")).status).toBe(200);
});
afterAll(async () => {
  expect(server.stderr()).not.toContain('"code":"internal"');
  expect(await server.stop()).toBe(0);
});

const GOOD = { name: "Harbour Lights", media_type_id: 1, milliseconds: 1, unit_price: 0.99 };
const track = (more: Json) => post(server, "/v1/tracks", { ...GOOD, ...more });

describe("errors in a body name the field, the expectation and the value", () => {
  test.each([
    [{ name: undefined }, "/name", "is missing: it must be text"],
    [{ name: 5 }, "/name", "must be text, got 5"],
    [{ name: null }, "/name", "must be text, got null"],
    [{ name: ["a"] }, "/name", "must be text, got an array of 1"],
    [{ name: {} }, "/name", "must be text, got an object"],
    [{ name: "" }, "/name", 'must have at least 1 character, got ""'],
    [{ name: "n".repeat(301) }, "/name", "must have at most 300 characters, got"],
    [{ name: "a\u0000b" }, "/name", "must not contain control characters"],
    [{ name: "tab\there" }, "/name", "must not contain control characters"],
    [{ name: "\u007f" }, "/name", "must not contain control characters"],
    [{ milliseconds: 1.5 }, "/milliseconds", "must be a whole number, got 1.5"],
    [{ milliseconds: "1" }, "/milliseconds", 'must be a number, got "1"'],
    [{ milliseconds: -1 }, "/milliseconds", "must be at least 0, got -1"],
    [{ milliseconds: 1e300 }, "/milliseconds", "must be"],
    [{ milliseconds: true }, "/milliseconds", "must be a number, got true"],
    [{ album_id: 0 }, "/album_id", "must be at least 1, got 0"],
    [{ album_id: 2 ** 53 }, "/album_id", "must be at most 9007199254740991, got 9007199254740992"],
    [{ bytes: -5 }, "/bytes", "must be at least 0, got -5"],
    [{ unit_price: 0.001 }, "/unit_price", "must have at most two decimals, got 0.001"],
    [{ colour: "red" }, "/colour", "is unknown; expected one of name, album_id"],
    [{ "a/b~c": 1 }, "/a~1b~0c", "is unknown"],
    [{ "\u0000": 1 }, "/\u0000", "is unknown"],
  ])("%j", async (wrong, pointer, detail) => {
    const { errors } = expectProblem(await track(wrong), 422, "invalid");
    expect(errors[0].pointer).toBe(pointer);
    expect(errors[0].detail).toContain(detail);
  });

  test("unpaired surrogates are refused wherever they are", async () => {
    for (const text of ["\\ud800", "a\\udfffb", "\\udc00\\ud800"]) {
      const body = `{"name":"${text}","media_type_id":1,"milliseconds":1,"unit_price":1}`;
      const { errors } = expectProblem(await post(server, "/v1/tracks", body), 422, "invalid");
      expect(errors[0].detail).toContain("must be well-formed Unicode");
      const key = await post(server, "/v1/tracks", `{"${text}":1}`);
      for (const { pointer } of expectProblem(key, 422, "invalid").errors)
        expect(pointer.isWellFormed()).toBe(true);
    }
  });

  test("numbers outside the number type's range are refused", async () => {
    for (const number of ["1e999", "-1e999", "1e-400", "123456789012345678901234567890"]) {
      const body = `{"name":"x","media_type_id":${number},"milliseconds":1,"unit_price":1}`;
      const { errors } = expectProblem(await post(server, "/v1/tracks", body), 422, "invalid");
      expect(errors[0].pointer).toBe("/media_type_id");
    }
  });

  test("an unknown key in an array of plays is named by its pointer", async () => {
    const one = await post(server, "/v1/plays", { track_id: 1, when: 1 });
    expect(expectProblem(one, 422, "invalid").errors).toEqual([{ pointer: "/when", detail: "is unknown" }]);
    const neither = await post(server, "/v1/plays", "5");
    expect(expectProblem(neither, 422, "invalid").errors).toEqual([
      { pointer: "", detail: "must be an object or must be an array, got 5" },
    ]);
  });

  test("a load with one invalid row is refused as a whole", async () => {
    const before = value(server, "SELECT count(*) FROM artists");
    for (const row of [[], ["x"], [null], [1.5], [1e300], ["\ud800", "\0"], [0, null]]) {
      const good = [900_001, crypto.randomUUID(), "s", "n", "2026", "2026"];
      const answer = await post(server, "/admin/bulk", { table: "artists", rows: [good, row] });
      expectProblem(answer, 422, "invalid");
    }
    expect(value(server, "SELECT count(*) FROM artists")).toBe(before);
  });

  test("a date must exist in the calendar", async () => {
    for (const release_date of ["1997-13-01", "1997-02-29", "97-01-01", "1997-1-1", "1997-05-21T00:00:00Z"]) {
      const answer = await post(server, "/v1/albums", { title: "x", artist_id: 1, release_date });
      const { errors } = expectProblem(answer, 422, "invalid");
      expect(errors).toEqual([
        {
          pointer: "/release_date",
          detail: `must be a date such as 2026-01-31, got ${JSON.stringify(release_date)}`,
        },
      ]);
    }
  });

  test("up to twenty errors are reported at once", async () => {
    const wrong = await track({ name: 1, milliseconds: "x", unit_price: -1, colour: 1 });
    expect(expectProblem(wrong, 422, "invalid").errors).toHaveLength(4);
    const keys = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`key${i}`, i]));
    expect(expectProblem(await track(keys), 422, "invalid").errors).toHaveLength(20);
  });
});

describe("a query parameter", () => {
  test.each([
    ["limit=0", "limit", 'must be a whole number from 1 to 100, got "0"'],
    ["limit=101", "limit", "must be a whole number from 1 to 100"],
    ["limit=-1", "limit", "must be a whole number from 1 to 100"],
    ["limit=1.5", "limit", "must be a whole number from 1 to 100"],
    ["limit=1e1", "limit", "must be a whole number from 1 to 100"],
    ["limit=", "limit", 'must be a whole number from 1 to 100, got ""'],
    ["limit=%20", "limit", "must be a whole number from 1 to 100"],
    ["limit=999999999999999999999999", "limit", "must be a whole number from 1 to 100"],
    ["limit=1&limit=2", "limit", "is given more than once"],
    ["sort=colour", "sort", "must be one of id, -id, name, -name"],
    ["sort=--id", "sort", "must be one of id"],
    ["total=yes", "total", 'must be one of 0, 1, got "yes"'],
    ["album_id=0", "album_id", "must be a whole number from 1 to 9007199254740991"],
    ["album_id=9007199254740992", "album_id", "must be a whole number from 1 to 9007199254740991"],
    ["album_id=-1", "album_id", "must be a whole number"],
    ["public_id=1", "public_id", 'must be a UUID, got "1"'],
    [`slug=${"s".repeat(81)}`, "slug", "must have at most 80 characters"],
    ["slug=", "slug", "must have at least 1 character"],
    ["Limit=1", "Limit", "is unknown; expected one of limit, cursor, sort, total"],
    ["id=1", "id", "is unknown"],
    ["__proto__=1", "__proto__", "is unknown"],
    ["constructor=1", "constructor", "is unknown"],
    ["=1", "", "is unknown"],
    ["a%00b=1", "a\u0000b", "is unknown"],
  ])("?%s is refused, naming the parameter", async (query, parameter, detail) => {
    const { errors } = expectProblem(await get(server, `/v1/tracks?${query}`), 422, "invalid");
    expect(errors[0].parameter).toBe(parameter);
    expect(errors[0].detail).toContain(detail);
  });

  test.each(["?%", "?a=%zz", "?a=%ff", "?a=%ed%a0%80", "?%c0%80=1"])(
    "with broken percent-encoding is 400: %s",
    async (query) => {
      expectProblem(await get(server, `/v1/tracks${query}`), 400, "bad_request");
    },
  );

  test.each(["?", "?&", "?&&limit=3&", "?limit=%33", "?sort=%2Did"])(
    "is parsed in any valid spelling: %s",
    async (query) => {
      expect((await get(server, `/v1/tracks${query}`)).status).toBe(200);
    },
  );

  test("with unusual text finds nothing instead of failing", async () => {
    for (const slug of ["%00", "'%20OR%201=1--", "%F0%9F%8E%B8", "%25", "+", "__proto__"]) {
      const { status, json } = await get(server, `/v1/tracks?slug=${slug}`);
      expect([status, json.data]).toEqual([200, []]);
    }
  });

  test.each(["0", "-1", "1.0", "01", "1e3", "abc", "%20", "%00", "%zz", "9007199254740992", "1".repeat(400)])(
    "in the path that is no id is refused by name: %s",
    async (id) => {
      for (const answer of [
        await get(server, `/v1/tracks/${id}`),
        await patch(server, `/v1/tracks/${id}`, { name: "x" }),
        await remove(server, `/v1/tracks/${id}`),
        await get(server, `/v1/albums/${id}/tracks`),
        await remove(server, `/v1/playlists/1/tracks/${id}`),
      ])
        expect(expectProblem(answer, 422, "invalid").errors[0].parameter).toMatch(/^(id|track_id)$/);
    },
  );

  test("is refused on routes without parameters", async () => {
    for (const [method, path, body] of [
      ["POST", "/v1/artists?dry_run=1", { name: "x" }],
      ["PATCH", "/v1/artists/1?force=1", { name: "x" }],
      ["DELETE", "/v1/artists/1?force=1", undefined],
      ["GET", "/v1/artists/1?id=2", undefined],
      ["POST", "/v1/plays?x=1", { track_id: 1 }],
      ["GET", "/livez?x=1", undefined],
      ["GET", "/openapi.json?x=1", undefined],
    ] as const) {
      const { errors } = expectProblem(await request(server, method, path, { body }), 422, "invalid");
      expect(errors[0].detail).toContain("is unknown");
    }
  });
});
