import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, request, startServer } from "../support/server.ts";
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

describe("a body's content type", () => {
  const send = (headers: Record<string, string>, body: string | Uint8Array = '{"name":"Typed"}') =>
    request(server, "POST", "/v1/artists", { headers, body });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1",
    "application/jsonp",
    "application/xml",
    "json",
    "",
  ])("%j is 415, naming the type sent", async (type) => {
    const problem = expectProblem(await send({ "content-type": type }), 415, "media_type_unsupported");
    expect(problem.detail).toContain(type);
  });

  test.each([
    "application/json",
    "application/json;charset=utf-8",
    'Application/JSON ; charset="UTF-8"',
    "application/merge-patch+json",
  ])("%s is accepted", async (type) => {
    expect((await send({ "content-type": type })).status).toBe(201);
  });

  test("a missing type is 415", async () => {
    const body = new TextEncoder().encode('{"name":"Untyped"}');
    const answer = await fetch(`${server.url}/v1/artists`, { method: "POST", body });
    expect(answer.status).toBe(415);
  });

  test.each(["gzip", "br", "deflate", "zstd", "gzip, identity"])("%s-encoded is 415", async (encoding) => {
    const body = gzipSync('{"name":"Packed"}');
    const answer = await send({ "content-type": "application/json", "content-encoding": encoding }, body);
    expect(expectProblem(answer, 415, "media_type_unsupported").detail).toContain(encoding);
    expect(value(server, "SELECT count(*) FROM artists WHERE name = 'Packed'")).toBe(0);
  });
});

describe("a body that is not JSON", () => {
  test.each([
    ["empty", ""],
    ["a space", " "],
    ["cut off", '{"name":'],
    ["with a comma too many", '{"name":"x",}'],
    ["with single quotes", "{'name':'x'}"],
    ["followed by more", '{"name":"x"} {}'],
    ["not a number", "NaN"],
    ["with a raw line break in text", '{"name":"a\nb"}'],
    ["invalid UTF-8", Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ["an encoded surrogate", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ["an overlong encoding", Buffer.from([0x22, 0xc0, 0x80, 0x22])],
    ["UTF-8 cut in half", Buffer.from([0x22, 0xe2, 0x82])],
    ["NUL bytes", Buffer.alloc(10)],
    ["unclosed thirty times", "[".repeat(30)],
  ])("%s is 400", async (_, body) => {
    for (const path of ["/v1/artists", "/v1/plays"])
      expectProblem(await post(server, path, body), 400, "body_malformed");
    expectProblem(await patch(server, "/v1/artists/1", body), 400, "body_malformed");
  });
});

describe("a body of valid JSON with the wrong shape", () => {
  test.each([
    ["null", "null", "must be an object, got null"],
    ["a text", '"x"', 'must be an object, got "x"'],
    ["an array", "[]", "must be an object, got an array of 0"],
    ["nested thirty times", "[".repeat(30) + "]".repeat(30), "must be an object"],
    ["objects nested thirty times", `${'{"a":'.repeat(30)}1${"}".repeat(30)}`, "is unknown"],
  ])("%s is 422", async (_, body, detail) => {
    const problem = expectProblem(await post(server, "/v1/playlists", body), 422, "invalid");
    expect(problem.errors.map((error: Json) => error.detail)).toContainEqual(expect.stringContaining(detail));
  });

  test("with keys such as __proto__ is refused and affects no other request", async () => {
    for (const key of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
      const answer = await post(server, "/v1/artists", `{"name":"x","${key}":{"polluted":true}}`);
      expect(expectProblem(answer, 422, "invalid").errors[0].pointer).toBe(`/${key}`);
      const only = await post(server, "/v1/artists", `{"${key}":{"name":"x"}}`);
      expectProblem(only, 422, "invalid");
      expectProblem(await patch(server, "/v1/artists/1", `{"${key}":"x"}`), 422, "invalid");
    }
    expect((await post(server, "/v1/artists", { name: "Clean" })).status).toBe(201);
  });

  test("with a duplicate key uses the last one, as JSON.parse does", async () => {
    const { json } = await post(server, "/v1/artists", '{"name":"first","name":"second"}');
    expect(json.name).toBe("second");
  });
});
