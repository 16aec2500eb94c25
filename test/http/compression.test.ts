import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, zstdDecompress } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { copyOf, makeCatalogue, request, startServer, type TestServer } from "../support/server.ts";

/** Answers in an encoding that the client accepts: the same text, compressed once, as coherent as the plain one. */

const DECODE = { gzip: promisify(gunzip), br: promisify(brotliDecompress), zstd: promisify(zstdDecompress) };
const ENCODINGS = ["gzip", "br", "zstd"] as const;
const PAGE = "/v1/tracks?limit=50";

let server: TestServer;
let plain: TestServer;
beforeAll(async () => {
  const catalogue = await makeCatalogue(60);
  server = await startServer({}, { database: copyOf(catalogue) });
  plain = await startServer({ CHINOOK_COMPRESSION: "0" }, { database: copyOf(catalogue) });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
  expect(await plain.stop()).toBe(0);
});

interface Raw {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The bytes as they travel: fetch would decompress them. */
function ask(path: string, headers: Record<string, string> = {}, method = "GET", to = server): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const asked = httpRequest(new URL(path, to.url), { method, headers }, async (response) => {
      const body = Buffer.concat(await response.toArray());
      resolve({ status: response.statusCode!, headers: response.headers, body });
    });
    asked.on("error", reject).end();
  });
}

const accepting = (encoding: string, path = PAGE) => ask(path, { "accept-encoding": encoding });

describe.each(ENCODINGS)("%s", (encoding) => {
  test("sends the same body in fewer bytes, from a reader and from the cache", async () => {
    const path = `/v1/tracks?limit=${40 + ENCODINGS.indexOf(encoding)}`;
    for (const from of ["chinook; fwd=miss", "chinook; hit", "chinook; hit"]) {
      const { status, headers, body } = await accepting(encoding, path);
      expect(status).toBe(200);
      expect(headers).toMatchObject({ "content-encoding": encoding, "cache-status": from });
      expect(headers).toMatchObject({ vary: "accept-encoding", "content-length": String(body.length) });
      const expected = (await ask(path)).body;
      expect((await DECODE[encoding](body)).equals(expected)).toBe(true);
      expect(body.length).toBeLessThan(expected.length / 3);
    }
  });

  test("has its own ETag, which works for 304 and If-Match", async () => {
    const { etag } = (await accepting(encoding)).headers;
    expect(etag).toMatch(new RegExp(`;${encoding}"$`));
    const again = await ask(PAGE, { "if-none-match": etag!, "accept-encoding": encoding });
    expect(again).toMatchObject({ status: 304, headers: { etag } });
    expect(again.body).toHaveLength(0);
    const weak = await ask(PAGE, { "if-none-match": `"other", W/${etag!}` });
    expect(weak.status).toBe(304);
    expect((await ask(PAGE, { "if-match": etag! })).status).toBe(200);
  });

  test("has the same headers for HEAD", async () => {
    const got = await accepting(encoding);
    const head = await ask(PAGE, { "accept-encoding": encoding }, "HEAD");
    expect(head.body).toHaveLength(0);
    for (const name of ["content-length", "content-encoding", "etag", "vary"])
      expect(head.headers[name], name).toBe(got.headers[name]);
  });
});

test.each([
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip, deflate, br", "br"],
  ["gzip;q=1.0, br;q=0.5, zstd;q=0", "gzip"],
  ["GZIP", "gzip"],
  ["x-gzip", "gzip"],
  ["*", "zstd"],
  ["*;q=0.1, zstd;q=0", "br"],
  ["deflate", undefined],
  ["identity", undefined],
  ["gzip;q=0", undefined],
  ["gzip;q=nonsense", undefined],
  ["", undefined],
  [",;,;q=,", undefined],
])("Accept-Encoding: %s selects %s", async (accepted, encoding) => {
  const { status, headers } = await accepting(accepted);
  expect(status).toBe(200);
  expect(headers["content-encoding"]).toBe(encoding);
  expect(headers.vary).toBe("accept-encoding");
});

test("a compressed response is never stale: each read after a write shows it", async () => {
  for (let i = 0; i < 20; i++) {
    const name = `Renamed ${i}`;
    const changed = await request(server, "PATCH", "/v1/tracks/1", { body: { name } });
    expect(changed.status).toBe(200);
    const answers = await Promise.all(ENCODINGS.map((encoding) => accepting(encoding)));
    for (const [n, { body }] of answers.entries())
      expect((await DECODE[ENCODINGS[n]!](body)).toString()).toContain(`"name":"${name}"`);
  }
});

test("If-Match accepts an entity's ETag of any encoding", async () => {
  const { etag } = (await ask("/v1/tracks/2")).headers;
  const headers = { "if-match": `${etag!.slice(0, -1)};gzip"` };
  const change = () => request(server, "PATCH", "/v1/tracks/2", { body: { composer: "short" }, headers });
  expect((await change()).status).toBe(200);
  expect((await change()).status).toBe(412);
});

test("small, refused and non-text responses are not compressed", async () => {
  for (const path of ["/v1/genres/1", "/v1/tracks/999999", "/livez"]) {
    const { headers } = await accepting("gzip", path);
    expect(headers["content-encoding"], path).toBeUndefined();
  }
});

test("concurrent requests for one page get the same bytes", async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => accepting("br", "/v1/albums?limit=50")));
  for (const { body } of answers) expect(body.equals(answers[0]!.body)).toBe(true);
});

test("CHINOOK_COMPRESSION=0 turns compression off", async () => {
  const { headers } = await ask(PAGE, { "accept-encoding": "gzip" }, "GET", plain);
  expect(headers["content-encoding"]).toBeUndefined();
  expect(headers.vary).toBeUndefined();
});
