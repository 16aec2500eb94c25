import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, patch, post, remove, request, startServer } from "../support/server.ts";
import { expectProblem } from "./helpers.ts";
import { CLOSE, converse, dial, head, posting, refused } from "./raw.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
});
afterAll(async () => {
  expect(server.stderr()).not.toContain('"code":"internal"');
  expect(await server.stop()).toBe(0);
});

/** The head of the one answer to a request, as it came. */
async function rawHead(...lines: [line: string, ...headers: string[]]): Promise<string> {
  const { socket } = dial(server);
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.write(`${head(...lines)}${CLOSE}\r\n`);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(received).toString("latin1").split("\r\n\r\n")[0]!.toLowerCase();
}

describe("HEAD", () => {
  test("sends GET's Content-Length and no body", async () => {
    const { text } = await get(server, "/v1/tracks/1");
    const answer = await request(server, "HEAD", "/v1/tracks/1");
    expect(answer.headers.get("content-length")).toBe(String(Buffer.byteLength(text)));
    expect(answer.text).toBe("");
  });

  test("answered with 304 has no Content-Length, like GET", async () => {
    const etag = (await get(server, "/v1/tracks/1")).headers.get("etag")!;
    for (const method of ["HEAD", "GET"]) {
      const answer = await rawHead(`${method} /v1/tracks/1 HTTP/1.1`, `if-none-match: ${etag}`);
      expect(answer, method).toContain("304 not modified");
      expect(answer, method).not.toContain("content-length");
    }
  });
});

describe("Host", () => {
  test.each([
    ["different", "host: elsewhere"],
    ["the same", "host: localhost"],
  ])("twice is 400 if the second is %s", async (_, second) => {
    const [answer] = await converse(server, `${head("GET /v1/tracks/1 HTTP/1.1", second)}${CLOSE}\r\n`);
    expectProblem(answer!, 400, "bad_request");
  });
});

describe("a method", () => {
  test("that is unknown is answered with 501", async () => {
    await refused(server, 501, "method_unknown", `${head("BREW /v1/tracks HTTP/1.1")}${CLOSE}\r\n`);
  });

  test("that is unknown is 501 after an answered request on the same connection too", async () => {
    const first = `${head("GET /v1/tracks/1 HTTP/1.1")}\r\n`;
    const answers = await converse(server, first, `${head("BREW /v1/tracks HTTP/1.1")}\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([200, 501]);
  });

  test("that a path does not support is 405 with the supported ones", async () => {
    for (const method of ["PROPFIND", "TRACE", "DELETE"]) {
      const [answer] = await converse(server, `${head(`${method} /v1/tracks HTTP/1.1`)}${CLOSE}\r\n`);
      expectProblem(answer!, 405, "method_not_allowed");
      expect(answer!.headers.get("allow")).toBe("GET, HEAD, POST, OPTIONS");
    }
  });
});

describe("OPTIONS", () => {
  test("* lists all methods of the server", async () => {
    const [answer] = await converse(server, `${head("OPTIONS * HTTP/1.1")}${CLOSE}\r\n`);
    expect(answer!.status).toBe(204);
    expect(answer!.headers.get("allow")).toBe("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    expect(answer!.headers.get("x-request-id")).toMatch(/\w/);
  });

  test("on a route with PATCH names the accepted types", async () => {
    const { headers, status } = await request(server, "OPTIONS", "/v1/tracks/1");
    expect(status).toBe(204);
    expect(headers.get("accept-patch")).toBe("application/merge-patch+json, application/json");
    expect((await request(server, "OPTIONS", "/v1/tracks")).headers.get("accept-patch")).toBeNull();
    const refusal = await patch(server, "/v1/tracks/1", "<a/>", { "content-type": "text/xml" });
    expectProblem(refusal, 415, "media_type_unsupported");
    expect(refusal.headers.get("accept-patch")).toMatch(/merge-patch/);
  });
});

describe("Expect: 100-continue", () => {
  const expecting = (length: number, type = "application/json") =>
    head(
      "POST /v1/artists HTTP/1.1",
      `content-type: ${type}`,
      `content-length: ${length}`,
      "expect: 100-continue",
    );

  test.each([
    ["of a body too large is 413", expecting(2_000_000), 413, "body_too_large"],
    ["of another type is 415", expecting(10, "text/plain"), 415, "media_type_unsupported"],
    ["of no route is 404", expecting(10).replace("/v1/artists", "/v1/nothing"), 404, "route_unknown"],
  ])("%s at once, and the connection is closed", async (_, bytes, status, code) => {
    const answers = await converse(server, `${bytes}\r\n`);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0]!, status, code);
    expect(answers[0]!.headers.get("connection")).toBe("close");
  });

  test("gets 100 Continue for an acceptable body and keeps the connection", async () => {
    const body = '{"name":"Expected"}';
    const { socket, answers } = dial(server);
    const asked = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
    socket.write(`${posting(body, "expect: 100-continue")}\r\n`);
    expect(await asked).toMatch(/^HTTP\/1\.1 100 Continue\r\n/);
    socket.write(`${body}${head("GET /v1/tracks/1 HTTP/1.1")}${CLOSE}\r\n`);
    expect((await answers).map(({ status }) => status)).toEqual([201, 200]);
  });
});

describe("preconditions", () => {
  const etagAt = async (path: string) => (await get(server, path)).headers.get("etag")!;

  test.each(["/v1/tracks/1", "/v1/tracks?limit=2", "/openapi.json", "/docs"])(
    "If-Match is honoured by GET of %s, with and without the cache",
    async (path) => {
      const etag = await etagAt(path);
      for (const header of [etag, `"x", ${etag}`, "*"]) {
        for (const _ of "12") expect((await get(server, path, { "if-match": header })).status).toBe(200);
      }
      for (const header of ['"x"', `W/${etag}`]) {
        for (const _ of "12")
          expectProblem(await get(server, path, { "if-match": header }), 412, "precondition_failed");
      }
    },
  );

  test("If-None-Match: * refuses every change of an existing entity, and changes nothing", async () => {
    const { json } = await post(server, "/v1/artists", { name: "There" });
    const path = `/v1/artists/${json.id}`;
    const etag = await etagAt(path);
    for (const header of ["*", etag, `W/${etag}`, `"x", ${etag}`]) {
      const headers = { "if-none-match": header };
      expectProblem(await patch(server, path, { name: "Lost" }, headers), 412, "precondition_failed");
      expectProblem(await remove(server, path, headers), 412, "precondition_failed");
    }
    expect((await get(server, path)).json).toEqual(json);
    const both = { "if-match": etag, "if-none-match": '"another"' };
    expect((await patch(server, path, { name: "Found" }, both)).status).toBe(200);
    expect((await remove(server, path, { "if-none-match": etag })).status).toBe(204);
    expectProblem(await patch(server, path, { name: "x" }, { "if-none-match": "*" }), 404, "not_found");
  });

  test("an If-Match weakened by a proxy is refused with the reason", async () => {
    const { json } = await post(server, "/v1/artists", { name: "Weakened" });
    const path = `/v1/artists/${json.id}`;
    const weak = { "if-match": `W/${await etagAt(path)}` };
    const { detail } = expectProblem(
      await patch(server, path, { name: "x" }, weak),
      412,
      "precondition_failed",
    );
    expect(detail).toMatch(/weak ETag.+proxy/);
    const revalidated = await get(server, path, { "if-none-match": weak["if-match"] });
    expect(revalidated.status).toBe(304);
  });

  test.each(["/openapi.json", "/docs", "/docs/errors"])("%s is revalidated by its ETag", async (path) => {
    const etag = await etagAt(path);
    expect(etag).toMatch(/^"[\w-]{20,}(;gzip)?"$/);
    const again = await get(server, path, { "if-none-match": `W/${etag}` });
    expect([again.status, again.text, again.headers.get("etag")]).toEqual([304, "", etag]);
    expect((await get(server, path, { "if-none-match": '"x"' })).status).toBe(200);
  });
});

describe("a personal response", () => {
  test.each(["/v1/users/1/plays", "/v1/users/1/recommendations"])("%s is private", async (path) => {
    for (const _ of "12")
      expect((await get(server, path)).headers.get("cache-control")).toMatch(
        /^private, (no-cache|max-age=\d+)$/,
      );
  });

  test("no other response is private", async () => {
    for (const path of ["/v1/tracks/1", "/v1/charts/tracks"])
      expect((await get(server, path)).headers.get("cache-control")).not.toContain("private");
  });
});

describe("Last-Modified", () => {
  test("is the last change of an entity or of one whose name it shows", async () => {
    const shown = async () => Date.parse((await get(server, "/v1/tracks/1")).headers.get("last-modified")!);
    const { json } = await get(server, "/v1/tracks/1");
    expect(await shown()).toBeGreaterThanOrEqual(Math.floor(Date.parse(json.updated_at) / 1_000) * 1_000);
    const artist = await patch(server, `/v1/artists/${json.artist_id}`, { name: "Renamed" });
    const renamed = Math.floor(Date.parse(artist.json.updated_at) / 1_000) * 1_000;
    expect(await shown()).toBe(renamed);
    expect(await shown()).toBe(renamed);
  });

  test("is absent from lists", async () => {
    expect((await get(server, "/v1/tracks")).headers.get("last-modified")).toBeNull();
  });
});

describe("Link", () => {
  const nextOf = (headers: Headers) => /^<(.+)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1];

  test.each([
    "/v1/genres?limit=7&sort=-name",
    "/v1/tracks?genre_id=1&limit=40&total=1",
    "/v1/albums/1/tracks?limit=3",
  ])("leads through all pages of %s, from the cache or not", async (path) => {
    for (const _ of "12") {
      const seen: number[] = [];
      for (let url: string | undefined = path; url !== undefined; ) {
        const { headers, json } = await get(server, url);
        seen.push(...json.data.map(({ id }: { id: number }) => id));
        url = nextOf(headers);
        expect(url === undefined).toBe(json.next === null);
      }
      const all = await get(server, path.replace(/limit=\d+/, "limit=100"));
      expect(seen.slice(0, 100)).toEqual(all.json.data.map(({ id }: { id: number }) => id));
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  test("is escaped, whatever a name contains", async () => {
    await post(server, "/v1/playlists", { name: '","next":"41' });
    const { headers } = await get(server, "/v1/playlists?limit=100");
    expect(headers.get("link")).toBeNull();
  });
});

describe("pages of other origins", () => {
  const origin = "https://music.example.com";
  const preflight = { origin, "access-control-request-method": "PATCH" };

  test("get no CORS headers by default", async () => {
    const answer = await request(server, "OPTIONS", "/v1/tracks/1", { headers: preflight });
    const got = await get(server, "/v1/tracks/1", { origin });
    for (const { headers } of [answer, got]) {
      expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
      expect(headers.get("vary")).toBeNull();
    }
  });

  test("get them if their origin is allowed, and others still do not", async () => {
    await using open = await startServer(
      { CHINOOK_CORS_ORIGINS: `${origin},http://localhost:3000` },
      { database: copyOf(await makeCatalogue()) },
    );
    const asked = await request(open, "OPTIONS", "/v1/tracks/1", { headers: preflight });
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
    expect(asked.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(asked.headers.get("access-control-allow-headers")).toMatch(
      /Content-Type.+If-Match.+Idempotency-Key/,
    );
    for (const _ of "12") {
      const { headers } = await get(open, "/v1/tracks/1", { origin });
      expect(headers.get("access-control-allow-origin")).toBe(origin);
      expect(headers.get("access-control-expose-headers")).toMatch(/ETag.+Link/);
      expect(headers.get("vary")).toBe("origin");
    }
    const problem = await get(open, "/v1/tracks/987654", { origin });
    expect([problem.status, problem.headers.get("access-control-allow-origin")]).toEqual([404, origin]);
    const cross = { origin, "sec-fetch-site": "cross-site" };
    expect((await post(open, "/v1/genres", { name: "Afar" }, cross)).status).toBe(201);

    const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
    expectProblem(await post(open, "/v1/genres", { name: "Evil" }, foreign), 403, "cross_origin");
    const read = await get(open, "/v1/tracks/1", foreign);
    expect([read.headers.get("access-control-allow-origin"), read.headers.get("vary")]).toEqual([
      null,
      "origin",
    ]);
    const index = await get(open, "/", { origin });
    expect(index.headers.get("vary")).toBe("accept, origin");
  });
});
