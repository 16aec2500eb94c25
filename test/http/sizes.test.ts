import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { get, startServer, type TestServer } from "../support/server.ts";
import { expectProblem, value } from "./helpers.ts";
import { CLOSE, converse, dial, head, posting, refused } from "./raw.ts";

const MEBIBYTE = 1_048_576;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  expect(server.stderr()).not.toContain('"code":"internal"');
  expect(await server.stop()).toBe(0);
});

const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;
const named = (name: string): number =>
  value(server, "SELECT count(*) FROM artists WHERE name = ? COLLATE BINARY", name);

describe("a body of more than 1 MiB", () => {
  const padded = (name: string, length: number): string =>
    `${JSON.stringify({ name })}${" ".repeat(length - JSON.stringify({ name }).length)}`;

  test("is 413 by its Content-Length, before any of it is sent", async () => {
    const headers = ["content-type: application/json", `content-length: ${MEBIBYTE + 1}`];
    await refused(
      server,
      413,
      "body_too_large",
      head("POST /v1/artists HTTP/1.1", ...headers),
      `${CLOSE}\r\n`,
    );
  });

  test("is 413 when sent in chunks", async () => {
    const headers = ["content-type: application/json", "transfer-encoding: chunked"];
    const body = padded("Too large", MEBIBYTE + 1);
    const start = `${head("POST /v1/artists HTTP/1.1", ...headers)}${CLOSE}\r\n`;
    await refused(server, 413, "body_too_large", start, chunk(body), "0\r\n\r\n");
    expect(named("Too large")).toBe(0);
  });

  test("is 413 at one byte over the limit, and accepted at the limit", async () => {
    const body = padded("Just so", MEBIBYTE);
    const [answer] = await converse(server, `${posting(body)}${CLOSE}\r\n`, body);
    expect(answer!.json.name).toBe("Just so");
  });

  test("that never ends is answered and the connection closed", async () => {
    const headers = ["content-type: application/json", "transfer-encoding: chunked"];
    const { socket, answers } = dial(server);
    socket.write(`${head("POST /v1/artists HTTP/1.1", ...headers)}\r\n`);
    const data = chunk(" ".repeat(65_536));
    const send = () => {
      while (!socket.destroyed && socket.write(data));
    };
    socket.on("drain", send);
    send();
    expectProblem((await answers)[0]!, 413, "body_too_large");
  });
});

describe("incomplete bodies, limited to 64 MiB in total", () => {
  const ROOM = 64;
  const TOO_MANY = 6;

  /** A body of 1 MiB, all of it sent but the last byte: so many of them fit, and not one more. */
  function hold(i: number) {
    const connection = dial(server);
    const body = JSON.stringify({ name: `Held ${i}` }).padEnd(MEBIBYTE - 1);
    const headers = ["content-type: application/json", `content-length: ${MEBIBYTE}`];
    connection.socket.write(`${head("POST /v1/artists HTTP/1.1", ...headers)}${CLOSE}\r\n${body}`);
    const refused = once(connection.socket, "data").then(() => connection);
    return { ...connection, refused };
  }

  /** Holds more than there is room for. Which of them are refused is decided by who comes last. */
  async function crowd() {
    const waiting = new Set(Array.from({ length: ROOM + TOO_MANY }, (_, i) => hold(i)));
    for (let refused = 0; refused < TOO_MANY; refused++) {
      const first = await Promise.race([...waiting].map((held) => held.refused.then(() => held)));
      waiting.delete(first);
      expectProblem((await first.answers)[0]!, 503, "overloaded");
    }
    return [...waiting];
  }

  test("are refused beyond it with 503 and Retry-After, while the others continue", async () => {
    const held = await crowd();
    expect((await get(server, "/v1/tracks")).status).toBe(200);
    for (const { socket } of held) socket.write(" ");
    const answers = await Promise.all(held.map(({ answers }) => answers));
    expect(answers.map(([answer]) => answer!.status)).toEqual(Array(ROOM).fill(201));
    expect(value(server, "SELECT count(*) FROM artists WHERE name LIKE 'Held %'")).toBe(ROOM);
  });

  test("free their bytes when their clients disconnect", async () => {
    const held = await crowd();
    for (const { socket } of held) socket.resetAndDestroy();
    const body = JSON.stringify({ name: "Large" }).padEnd(MEBIBYTE);
    const large = () => converse(server, `${posting(body)}${CLOSE}\r\n`, body);
    // That they are gone is noticed when it is.
    let statuses = [503];
    while (statuses.includes(503))
      statuses = (await Promise.all(Array.from({ length: 8 }, large))).map(([answer]) => answer!.status);
    expect(statuses).toEqual(Array(8).fill(201));
  });
});
