import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, request, startServer } from "../support/server.ts";
import { expectProblem } from "./helpers.ts";

let server: TestServer;
let paths: Record<string, Record<string, Json>>;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
  paths = (await get(server, "/openapi.json")).json.paths;
});
afterEach(async () => {
  expect((await get(server, "/v1/tracks/1")).status).toBe(200);
});
afterAll(async () => {
  expect(server.stderr()).not.toContain('"code":"internal"');
  expect(await server.stop()).toBe(0);
});

describe("an unknown path", () => {
  test.each([
    "/v1",
    "/v1/",
    "/v2/tracks",
    "/v1/Tracks",
    "/v1/tracks/",
    "/v1//tracks",
    "//v1/tracks",
    "/v1/tracks/1/2",
    "/v1/tracks/1/",
    "/robots.txt",
    "/v1/__proto__",
    "/v1/tracks%2F1",
    "/%00",
    "/%",
  ])("%s is 404 for every method", async (path) => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
      expectProblem(await request(server, method, path), 404, "route_unknown");
    expect((await request(server, "HEAD", path)).status).toBe(404);
  });

  test("cannot bypass routes by dots: they are resolved first", async () => {
    expect((await get(server, "/v1/genres/../tracks/1")).json.media_type_id).toBeDefined();
    expect((await get(server, "/v1/%74racks/%31")).json.id).toBe(1);
  });
});

describe("a method that a route does not support", () => {
  const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"];

  test("is 405 on every path, and Allow names the supported ones", async () => {
    for (const [template, operations] of Object.entries(paths)) {
      const path = template.replaceAll(/\{\w+\}/g, "1");
      const allowed = Object.keys(operations).map((method) => method.toUpperCase());
      for (const method of METHODS.filter((method) => !allowed.includes(method))) {
        const answer = await request(server, method, path);
        expectProblem(answer, 405, "method_not_allowed");
        const allow = answer.headers.get("allow")!.split(", ");
        const implied = allowed.includes("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"];
        expect(allow.sort(), `${method} ${path}`).toEqual([...allowed, ...implied].sort());
      }
    }
  });

  test("OPTIONS answers 204 with Allow", async () => {
    const answer = await request(server, "OPTIONS", "/v1/tracks/1");
    expect([answer.status, answer.text]).toEqual([204, ""]);
    expect(answer.headers.get("allow")).toBe("GET, HEAD, PATCH, DELETE, OPTIONS");
  });

  test("HEAD is supported wherever GET is", async () => {
    const answer = await request(server, "HEAD", "/v1/plays");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST, OPTIONS"]);
  });
});

describe("every response", () => {
  const ANSWERS = [
    ["GET", "/v1/tracks/1"],
    ["GET", "/v1/tracks"],
    ["GET", "/v1/charts/genres"],
    ["GET", "/health"],
    ["GET", "/metrics"],
    ["GET", "/openapi.json"],
    ["HEAD", "/v1/tracks/1"],
    ["OPTIONS", "/v1/tracks"],
    ["GET", "/v1/tracks/987654321"],
    ["GET", "/nowhere"],
    ["PUT", "/v1/tracks"],
    ["POST", "/v1/tracks"],
    ["GET", "/v1/tracks?limit=0"],
  ] as const;

  test.each(ANSWERS)("of %s %s has a unique request id", async (method, path) => {
    const [one, two] = [await request(server, method, path), await request(server, method, path)];
    const given = [one, two].map(({ headers }) => headers.get("x-request-id")!);
    expect(new Set(given).size).toBe(2);
    for (const id of given) expect(id).toMatch(/^[\w.:-]{1,128}$/);
  });

  test.each(ANSWERS)("of %s %s keeps the client's request id if it is valid", async (method, path) => {
    const ask = async (id: string) =>
      (await request(server, method, path, { headers: { "x-request-id": id } })).headers.get("x-request-id");
    for (const id of ["a", "00-abc.DEF:1_2", "r".repeat(128)]) expect(await ask(id)).toBe(id);
    for (const id of ["", "a b", 'a"b', "<script>", "r".repeat(129)]) expect(await ask(id)).not.toBe(id);
  });

  test.each(ANSWERS)("of %s %s forbids sniffing and framing, and names no software", async (method, path) => {
    const { headers } = await request(server, method, path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    for (const name of ["x-powered-by", "server", "access-control-allow-origin", "set-cookie"])
      expect(headers.get(name), name).toBeNull();
  });
});
