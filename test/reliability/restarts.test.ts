import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { expectProblem, value } from "../http/helpers.ts";
import { dial } from "../http/raw.ts";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  patch,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

const start = (settings: Record<string, string> = {}) =>
  startServer(settings, { database: copyOf(catalogue) });

async function logged(server: TestServer, message: string): Promise<void> {
  while (!server.stderr().includes(`"msg":"${message}"`)) await once(server.child.stderr!, "data");
}

/** A POST whose body never comes whole. */
function stall(server: TestServer): ReturnType<typeof dial> {
  const stalled = dial(server);
  const headers = "host: localhost\r\ncontent-type: application/json\r\ncontent-length: 20";
  stalled.socket.write(`POST /v1/artists HTTP/1.1\r\n${headers}\r\n\r\n{`);
  return stalled;
}

/** A server that is told to stop and has a request to wait for. */
async function draining(): Promise<TestServer & { stalled: ReturnType<typeof dial> }> {
  const server = await start();
  const stalled = stall(server);
  await get(server, "/livez");
  server.child.kill("SIGTERM");
  await logged(server, "draining");
  return Object.assign(server, { stalled });
}

const errorOf = async (server: TestServer): Promise<unknown> => {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  const [error] = await Promise.race([once(socket, "error"), once(socket, "connect")]).catch((e) => [e]);
  socket.destroy();
  return error?.code;
};

describe.concurrent("a server that drains", () => {
  test("refuses new connections at once", async () => {
    await using server = await draining();
    expect(await errorOf(server)).toBe("ECONNREFUSED");
  });

  test("drops an incomplete request, writes nothing of it and exits", async () => {
    await using server = await draining();
    expect(await server.stalled.answers).toEqual([]);
    expect(await server.stop()).toBe(0);
    expect(value(server, "SELECT count(*) FROM artists")).toBe(
      value({ ...server, database: catalogue }, "SELECT count(*) FROM artists"),
    );
  });

  test("holds the file until it exits: the next server is refused, naming it, and starts afterwards", async () => {
    await using server = await draining();
    // It would be done before the other one has begun.
    server.child.kill("SIGSTOP");
    const settings = { CHINOOK_DATABASE: server.database, CHINOOK_PORT: "0", CHINOOK_DEMO: "0" };
    const { code, stderr } = await chinook(["serve"], settings);
    expect(code).toBe(1);
    expect(stderr).toContain(`process ${server.pid}`);
    server.child.kill("SIGCONT");
    expect(await server.stop()).toBe(0);
    await using next = await startServer({}, { database: server.database });
    expect((await get(next, "/readyz")).status).toBe(200);
  });
});

test.concurrent("a client that never finishes its headers gets 408 and is disconnected", async () => {
  await using server = await start();
  const { socket, answers } = dial(server);
  socket.write("GET /v1/tracks/1 HTTP/1.1\r\nhost: localhost\r\n");
  const [answer, ...more] = await answers;
  expectProblem(answer!, 408, "request_timeout");
  expect(more).toEqual([]);
});

test.concurrent("a crowd of clients with incomplete bodies does not affect others", async () => {
  await using server = await start();
  const crowd = Array.from({ length: 300 }, () => stall(server));
  await Promise.all(crowd.map(({ socket }) => once(socket, "connect")));
  for (let i = 0; i < 20; i++)
    expect((await post(server, "/v1/artists", { name: `Beside ${i}` })).status).toBe(201);
  for (const { socket } of crowd) socket.resetAndDestroy();
  expect((await get(server, "/v1/tracks/1")).status).toBe(200);
  expect(await server.stop()).toBe(0);
});

const DAY = 86_400_000;

describe.concurrent("a clock jump", () => {
  test.each([
    ["back", -400 * DAY],
    ["forward", 400 * DAY],
  ])("%s by a year changes no lifetime, and reads stay coherent", async (_, offset) => {
    const folder = temporaryFolder();
    const hook = `--require ${join(import.meta.dirname, "hooks/clock.cjs")}`;
    await using server = await start({ NODE_OPTIONS: hook, FAULT_FOLDER: folder });
    const play = () =>
      post(server, "/v1/plays", { track_id: 1, user_id: 7 }, { "idempotency-key": "jumped" });
    const first = await play();
    await get(server, "/v1/charts/tracks?window=7d");
    await get(server, "/v1/tracks/1");

    writeFileSync(join(folder, "offset"), String(offset));
    const year = new Date(Date.now() + offset).getUTCFullYear();
    const now = async () => (await post(server, "/v1/plays", { track_id: 2, user_id: 8 })).json.played_at;
    while (!String(await now()).startsWith(String(year)));

    const chart = await get(server, "/v1/charts/tracks?window=7d");
    expect(chart.headers.get("cache-status")).toBe("chinook; hit");
    expect(Number(chart.headers.get("age"))).toBeGreaterThanOrEqual(0);
    expect(Number(chart.headers.get("age"))).toBeLessThan(1_800);
    expect((await get(server, "/v1/tracks/1")).headers.get("cache-status")).toBe("chinook; hit");
    expect((await patch(server, "/v1/tracks/1", { composer: "After" })).json.composer).toBe("After");
    expect((await get(server, "/v1/tracks/1")).json.composer).toBe("After");
    const again = await play();
    expect([again.json, again.headers.get("idempotency-replayed")]).toEqual([first.json, "true"]);
    expect((await get(server, "/readyz")).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });
});
