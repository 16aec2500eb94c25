import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { BodyBudget } from "../../src/main/http/body-budget.ts";
import { dropUnread } from "../../src/main/http/unread.ts";
import { get, post, startServer, type TestServer } from "../support/server.ts";
import { head } from "./raw.ts";

const PATIENCE_MS = 200;

/** A server whose answers are longer than what waits in the operating system, and how its connections ended. */
async function servingMuch(answerAfterMs = 0) {
  const server = createServer(async (_, outgoing) => {
    await delay(answerAfterMs);
    outgoing.end(Buffer.alloc(30_000_000));
  });
  dropUnread(server, PATIENCE_MS);
  const closed: Promise<unknown>[] = [];
  server.on("connection", (socket) => closed.push(once(socket, "close")));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return { socket, closed };
}

async function lengthOf(socket: Socket, wanted: number): Promise<number> {
  let bytes = 0;
  for await (const chunk of socket) {
    bytes += (chunk as Buffer).length;
    if (bytes >= wanted) break;
    // Slower than the timeout in total, but never silent for that long.
    if (bytes % 7 === 0) await delay(1);
  }
  return bytes;
}

describe("a client", () => {
  test("that does not read its responses is disconnected", async () => {
    const { socket, closed } = await servingMuch();
    socket.pause().write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    while (closed.length === 0) await delay(5);
    await closed[0];
  });

  test("that waits longer for its response gets it", async () => {
    const { socket } = await servingMuch(3 * PATIENCE_MS);
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(await lengthOf(socket, 30_000_000)).toBeGreaterThanOrEqual(30_000_000);
  });
});

describe("a server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    expect(server.stderr()).not.toContain('"code":"internal"');
    expect(await server.stop()).toBe(0);
  });

  const opened = (): Socket => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1").on("error", () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  };

  test("closes a connection with more than a hundred unread pipelined requests", async () => {
    const socket = opened().resume();
    socket.write(`${head("GET /v1/tracks HTTP/1.1")}\r\n`.repeat(150));
    await once(socket, "close");
    expect((await get(server, "/v1/tracks")).status).toBe(200);
  });

  test("accepts a body although stalled ones hold nearly all of the limit", async () => {
    const length = 1_048_576;
    const stopped = Array.from({ length: 64 }, () => {
      const socket = opened().resume();
      const fields = ["content-type: application/json", `content-length: ${length}`];
      socket.write(`${head("POST /v1/artists HTTP/1.1", ...fields)}\r\n${"x".repeat(length - 100)}`);
      return socket;
    });
    const plays = Array(1_000).fill({ track_id: 9, played_at: "2026-01-01T00:00:00Z" });
    for (let i = 0; i < 20; i++) expect((await post(server, "/v1/plays", plays)).status).toBe(422);
    for (const socket of stopped) socket.destroy();
  });
});

describe("the limit of incomplete bodies", () => {
  const request = () => ({}) as Parameters<BodyBudget["take"]>[0];

  test("evicts the bodies that have been arriving longest", () => {
    const budget = new BodyBudget(100);
    const [first, second, third] = [request(), request(), request()];
    const ended: string[] = [];
    for (const [name, one] of Object.entries({ first, second })) {
      expect(budget.take(one, 50)).toBe(true);
      budget.arrives(one, () => ended.push(name));
    }
    expect(budget.take(third, 40)).toBe(true);
    expect(ended).toEqual(["first"]);
    expect(budget.take(second, 20)).toBe(false);
    budget.arrived(second);
    expect(budget.take(third, 20)).toBe(false);
    budget.release(second);
    expect(budget.take(third, 60)).toBe(true);
    expect(ended).toEqual(["first"]);
  });

  test("refuses a client that alone exceeds it", () => {
    const budget = new BodyBudget(100);
    const one = request();
    expect(budget.take(one, 60)).toBe(true);
    budget.arrives(one, () => expect.unreachable());
    expect(budget.take(one, 60)).toBe(false);
    budget.release(one);
    expect(budget.take(request(), 100)).toBe(true);
  });
});
