import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { JsonScan, MAX_DEPTH } from "../../src/main/http/json-bounds.ts";
import { get, type Json, post, request, startServer, type TestServer } from "../support/server.ts";
import { expectProblem, value } from "./helpers.ts";
import { CLOSE, converse, head } from "./raw.ts";

/** What a text holds, counted from what it parses to. An empty array or object counts as one more than it has. */
function valuesIn(json: unknown): number {
  if (typeof json !== "object" || json === null) return 0;
  const inner = Object.values(json);
  return Math.max(1, inner.length) + inner.reduce<number>((sum, item) => sum + valuesIn(item), 0);
}

const depthOf = (json: unknown): number =>
  typeof json === "object" && json !== null ? 1 + Math.max(0, ...Object.values(json).map(depthOf)) : 0;

/** Takes the text in two pieces, wherever it is cut. */
function scan(text: string, at: number, most: number): string | undefined {
  const bytes = Buffer.from(text);
  const scan = new JsonScan(most);
  return scan.take(bytes.subarray(0, at)) ?? scan.take(bytes.subarray(at));
}

describe("the JSON value counter", () => {
  test("counts values correctly for any chunk boundaries, strings and escapes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.nat(200), (json, at) => {
        const text = JSON.stringify(json);
        const values = 1 + valuesIn(json);
        expect(scan(text, at, values)).toBeUndefined();
        expect(scan(text, at, values - 1)).toBe(`more than ${values - 1} values`);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([
    ["quotes and brackets in a text", '["\\"[{,", "\\\\"]', 3],
    ["an escape at the end of a piece", '["a\\\\\\"b,,,,"]', 2],
    ["characters of several bytes", '["é,→😀"]', 2],
  ])("is not misled by %s", (_, text, values) => {
    for (let at = 0; at <= Buffer.byteLength(text); at++) {
      expect(scan(text, at, values)).toBeUndefined();
      expect(scan(text, at, values - 1)).toBe(`more than ${values - 1} values`);
    }
  });

  test("measures depth and stops counting beyond its limit", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(depthOf(JSON.parse(nested(MAX_DEPTH)))).toBe(MAX_DEPTH);
    expect(scan(nested(MAX_DEPTH), 7, 1_000)).toBeUndefined();
    expect(scan(nested(MAX_DEPTH + 1), 7, 1_000)).toContain("deep");
    expect(scan("[".repeat(1_000_000), 7, 1_000_000)).toContain("deep");
  });
});

describe("a body of many values", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    expect(server.stderr()).not.toContain('"code":"internal"');
    expect(await server.stop()).toBe(0);
  });

  /** Routes about whoever asks. */
  const OWN = ["/v1/me", "/v1/keys"];
  const members = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

  test("is 413 on every route with a JSON body, and nothing is written", async () => {
    const { paths } = (await get(server, "/openapi.json")).json;
    const taking = Object.entries<Json>(paths).flatMap(([path, methods]) =>
      Object.entries<Json>(methods)
        .filter(([, operation]) => operation.requestBody?.content["application/json"] !== undefined)
        .map(([method]) => ({
          method: method.toUpperCase(),
          path: path
            .replace("{key}", "mood")
            .replace("{kind}", "tracks")
            .replace(/\{\w+\}/g, "1"),
        })),
    );
    expect(taking.length).toBeGreaterThan(12);
    for (const { method, path } of taking) {
      const answer = await request(server, method, path, { body: members(60_000) });
      // Who must be logged in may be refused before the body is read.
      const stranger = answer.status === 401 && OWN.some((own) => path.startsWith(own));
      if (stranger) expectProblem(answer, 401, "unauthenticated");
      else expect(expectProblem(answer, 413, "body_too_large").detail).toContain("values");
    }
    expect(value(server, "SELECT count(*) FROM artists")).toBe(0);
  });

  test("is refused before it has arrived completely", async () => {
    const start = head(
      "POST /v1/artists HTTP/1.1",
      "content-type: application/json",
      "content-length: 1000000",
    );
    const [answer] = await converse(server, `${start}${CLOSE}\r\n`, `[${"1,".repeat(10_001)}`);
    expectProblem(answer!, 413, "body_too_large");
  });

  test("within the limit names at most the first twenty unknown keys", async () => {
    const problem = expectProblem(
      await post(server, "/v1/artists", { name: "x", ...members(9_000) }),
      422,
      "invalid",
    );
    expect(problem.errors).toHaveLength(20);
    expect(problem.errors[0]).toMatchObject({ pointer: "/k0" });
  });

  test("that a route needs is accepted: a thousand plays", async () => {
    const plays = Array.from({ length: 1_000 }, () => ({
      track_id: 9,
      user_id: 1,
      played_at: "2026-01-01T00:00:00Z",
    }));
    expectProblem(await post(server, "/v1/plays", plays), 422, "reference_unknown");
  });

  test("nested too deeply is 413", async () => {
    const deep = `{"name":${"[".repeat(MAX_DEPTH)}${"]".repeat(MAX_DEPTH)}}`;
    expect(expectProblem(await post(server, "/v1/artists", deep), 413, "body_too_large").detail).toContain(
      "deep",
    );
    expectProblem(await post(server, "/v1/artists", "[".repeat(500_000)), 413, "body_too_large");
  });
});
