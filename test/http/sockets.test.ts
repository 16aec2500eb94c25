import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, startServer } from "../support/server.ts";
import { expectProblem, value } from "./helpers.ts";
import { CLOSE, converse, head, posting, refused } from "./raw.ts";

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

const named = (name: string): number =>
  value(server, "SELECT count(*) FROM artists WHERE name = ? COLLATE BINARY", name);

describe("an invalid request", () => {
  test.each([
    ["no HTTP", "hello\r\n\r\n"],
    ["another protocol", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a TLS greeting", Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])],
    ["no version", "GET /v1/tracks\r\n\r\n"],
    ["HTTP/2 without being asked", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a space in a header's name", head("GET / HTTP/1.1", "bad name: x")],
    ["a header without a colon", `${head("GET / HTTP/1.1", "nothing")}\r\n`],
    ["NUL in a header", `${head("GET / HTTP/1.1", "x: a\0b")}\r\n`],
    ["two lengths", `${head("POST /v1/plays HTTP/1.1", "content-length: 1", "content-length: 2")}\r\nab`],
    ["a negative length", `${head("POST /v1/plays HTTP/1.1", "content-length: -1")}\r\n`],
    [
      "a length and chunks",
      `${head("POST /v1/plays HTTP/1.1", "content-length: 3", "transfer-encoding: chunked")}\r\n0\r\n\r\n`,
    ],
    [
      "a broken chunk",
      `${head("POST /v1/artists HTTP/1.1", "content-type: application/json", "transfer-encoding: chunked")}\r\nzz\r\n`,
    ],
    ["a target without a slash", `GET v1/tracks HTTP/1.1\r\nhost: localhost\r\n${CLOSE}\r\n`],
    ["a line break in the target", "GET /v1/\ntracks HTTP/1.1\r\nhost: localhost\r\n\r\n"],
  ])("%s is 400", async (_, bytes) => {
    await refused(server, 400, "bad_request", bytes);
  });

  test.each([
    ["no host", `GET /v1/tracks/1 HTTP/1.1\r\n${CLOSE}\r\n`],
    ["a host that is none", `GET /v1/tracks/1 HTTP/1.1\r\nhost: a b/c\r\n${CLOSE}\r\n`],
    ["an asterisk", `GET * HTTP/1.1\r\nhost: localhost\r\n${CLOSE}\r\n`],
    ["a backslash in the path", `GET /v1\\tracks HTTP/1.1\r\nhost: localhost\r\n${CLOSE}\r\n`],
    ["a tunnel", "CONNECT example.org:443 HTTP/1.1\r\nhost: localhost\r\n\r\n"],
  ])("%s is 400 with a reason", async (_, bytes) => {
    const [answer, ...more] = await converse(server, bytes);
    expect(more).toEqual([]);
    expect(expectProblem(answer!, 400, "bad_request").detail).not.toMatch(/^Check/);
  });

  test("headers of more than 16 KiB are 431", async () => {
    const large = `x-large: ${"x".repeat(20_000)}`;
    await refused(server, 431, "headers_too_large", `${head("GET /v1/tracks HTTP/1.1", large)}\r\n`);
    const target = `GET /v1/tracks?q=${"x".repeat(20_000)} HTTP/1.1`;
    await refused(server, 431, "headers_too_large", `${head(target)}\r\n`);
    const many = Array.from({ length: 2_000 }, (_, i) => `x-${i}: 12345678`);
    await refused(server, 431, "headers_too_large", `${head("GET /v1/tracks HTTP/1.1", ...many)}\r\n`);
  });

  test("half a request followed by an end of stream closes without a response", async () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    await once(socket, "connect");
    socket.end("GET /v1/tracks/1 HT");
    await once(socket.resume(), "close");
    expect((await get(server, "/livez")).status).toBe(200);
  });
});

describe("an unusual but valid request", () => {
  const only = async (...parts: string[]) => {
    const answers = await converse(server, ...parts);
    expect(answers).toHaveLength(1);
    return answers[0]!;
  };

  test("HTTP/1.0 without a host is served", async () => {
    expect((await only("GET /v1/tracks/1 HTTP/1.0\r\n\r\n")).json.id).toBe(1);
  });

  test("an absolute-form target is served", async () => {
    const line = "GET http://example.org/v1/tracks/1?  HTTP/1.1".replace("?  ", " ");
    expect((await only(head(line), CLOSE, "\r\n")).json.id).toBe(1);
  });

  test("TRACE is 405", async () => {
    expectProblem(await only(head("TRACE /v1/tracks HTTP/1.1"), CLOSE, "\r\n"), 405, "method_not_allowed");
  });

  test("an unsupported upgrade is ignored", async () => {
    const upgrade = head("GET /v1/tracks/1 HTTP/1.1", "upgrade: websocket", "connection: upgrade, close");
    expect((await only(upgrade, "\r\n")).json.id).toBe(1);
  });

  test("a body on GET is ignored, and the next request on the connection is served", async () => {
    const first = `${head("GET /v1/tracks/1 HTTP/1.1", "content-length: 5")}\r\nhello`;
    const second = `${head("GET /v1/tracks/2 HTTP/1.1")}${CLOSE}\r\n`;
    const answers = await converse(server, first + second);
    expect(answers.map(({ json }) => json.id)).toEqual([1, 2]);
  });

  test("a body on DELETE is ignored as well", async () => {
    const line = "DELETE /v1/tracks/987654321 HTTP/1.1";
    const answer = await only(head(line, "content-length: 5"), CLOSE, "\r\nhello");
    expectProblem(answer, 404, "not_found");
  });

  test("pipelined requests are answered in order", async () => {
    const ids = Array.from({ length: 50 }, (_, i) => i + 1);
    const requests = ids.map((id) => `${head(`GET /v1/tracks/${id} HTTP/1.1`)}\r\n`);
    const answers = await converse(server, requests.join(""), `${head("GET /livez HTTP/1.1")}${CLOSE}\r\n`);
    expect(answers.map(({ json }) => json.id ?? json.status)).toEqual([...ids, "alive"]);
  });

  test("a body in one-byte chunks with extensions and trailers is reassembled", async () => {
    const body = [...'{"name":"Chunked"}'].map((byte) => `1;x=y\r\n${byte}\r\n`);
    const headers = ["content-type: application/json", "transfer-encoding: chunked"];
    const start = `${head("POST /v1/artists HTTP/1.1", ...headers)}${CLOSE}\r\n`;
    expect((await only(start, ...body, "0\r\ntrailer: x\r\n\r\n")).json.name).toBe("Chunked");
  });

  test("a client that expects 100 Continue gets it, then its response", async () => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const body = '{"name":"Expected"}';
    socket.write(`${posting(body, "expect: 100-continue")}${CLOSE}\r\n`);
    const [interim] = (await once(socket, "data")) as [Buffer];
    expect(interim.toString()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write(body);
    const [final] = (await once(socket, "data")) as [Buffer];
    expect(final.toString()).toMatch(/^HTTP\/1\.1 201 /);
    socket.destroy();
  });

  test("another expectation is ignored", async () => {
    const body = '{"name":"Hopeful"}';
    expect((await only(`${posting(body, "expect: miracles")}${CLOSE}\r\n${body}`)).status).toBe(201);
  });

  test("a write followed by invalid bytes gets its response first", async () => {
    const body = '{"name":"Followed by rubbish"}';
    const answers = await converse(server, `${posting(body)}\r\n${body}this is no request\r\n\r\n`);
    expect(answers.map(({ status }) => status)).toEqual([201, 400]);
    expect(named("Followed by rubbish")).toBe(1);
  });
});

describe("a client that disconnects", () => {
  const gone = async (bytes: string): Promise<void> => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    await once(socket, "connect");
    await new Promise((resolve) => socket.write(bytes, resolve));
    socket.resetAndDestroy();
    await once(socket, "close");
  };

  test("during its body writes nothing", async () => {
    const body = '{"name":"Vanished"}';
    for (let i = 0; i < 20; i++) await gone(`${posting(body)}\r\n${body.slice(0, -1)}`);
    expect((await get(server, "/livez")).status).toBe(200);
    expect(named("Vanished")).toBe(0);
  });

  test("before its response affects no other client", async () => {
    const body = '{"name":"Impatient"}';
    for (let i = 0; i < 20; i++) {
      await gone(`${posting(body)}\r\n${body}`);
      await gone(`${head("GET /v1/tracks?limit=100 HTTP/1.1")}\r\n`);
    }
    expect(named("Impatient")).toBeLessThanOrEqual(20);
  });
});
