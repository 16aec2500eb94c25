import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  patch,
  post,
  request,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { column, expectProblem, value } from "./helpers.ts";
import { converse, dial } from "./raw.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

const start = (settings: Record<string, string> = {}) =>
  startServer(settings, { database: copyOf(catalogue) });

/** Resolves when the server's log says so. */
async function logged(server: TestServer, message: string): Promise<void> {
  while (!server.stderr().includes(`"msg":"${message}"`)) await once(server.child.stderr!, "data");
}

/** Adds artists one after another until the server is gone. @returns the names that were answered with 201. */
async function addUntilGone(server: TestServer, writer: number, onAnswer: () => void): Promise<string[]> {
  const names: string[] = [];
  for (let i = 0; ; i++) {
    const name = `${writer}-${i}`;
    const answer = await post(server, "/v1/artists", { name }).catch(() => undefined);
    if (answer === undefined) return names;
    if (answer.status === 201) names.push(name);
    else expectProblem(answer, 503, "closing");
    onAnswer();
  }
}

describe("stopping a server under load", () => {
  test.each(["SIGTERM", "SIGINT"] as const)(
    "by %s: exactly the writes answered with 201 are in the file",
    async (signal) => {
      await using server = await start();
      let answers = 0;
      const enough = Promise.withResolvers<void>();
      const count = () => void (++answers === 200 && enough.resolve());
      const writers = Array.from({ length: 16 }, (_, i) => addUntilGone(server, i, count));
      await enough.promise;
      server.child.kill(signal);
      const [names, [code]] = await Promise.all([Promise.all(writers), once(server.child, "exit")]);
      expect(code).toBe(0);
      const stored = column<string>(server, "SELECT name FROM artists WHERE name GLOB '[0-9]*-[0-9]*'");
      expect(stored.toSorted()).toEqual(names.flat().toSorted());
    },
  );

  test("by a second signal too: it stops once and in order", async () => {
    await using server = await start();
    await post(server, "/v1/artists", { name: "Before" });
    for (const signal of ["SIGTERM", "SIGTERM", "SIGINT"] as const) server.child.kill(signal);
    expect(await server.stop()).toBe(0);
    expect(server.stderr().match(/"msg":"closed"/g)).toHaveLength(1);
    expect(existsSync(`${server.database}-wal`)).toBe(false);
    expect(existsSync(`${server.database}.holder.json`)).toBe(false);
  });

  test("finishes begun requests and answers new ones with draining", async () => {
    await using server = await start();
    const [writing, asking, idle] = [dial(server), dial(server), dial(server)];
    const body = '{"name":"In flight"}';
    writing.socket.write(
      `POST /v1/artists HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n{`,
    );
    asking.socket.write("GET /readyz HTTP/1.1\r\n");
    idle.socket.write("GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(idle.socket, "data");
    server.child.kill("SIGTERM");
    await logged(server, "draining");
    expect((await idle.answers).map(({ status }) => status)).toEqual([200]);
    asking.socket.write("host: localhost\r\n\r\n");
    expectProblem((await asking.answers)[0]!, 503, "closing");
    writing.socket.write(body.slice(1));
    const [written] = await writing.answers;
    expect([written!.status, written!.headers.get("connection")]).toEqual([201, "close"]);
    expect((await once(server.child, "exit"))[0]).toBe(0);
    expect(value(server, "SELECT count(*) FROM artists WHERE name = 'In flight'")).toBe(1);
  });

  test("does not wait indefinitely for a client that sends half a request", async () => {
    await using server = await start();
    const { socket, answers } = dial(server);
    socket.write("POST /v1/artists HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n");
    await once(socket, "connect");
    expect((await get(server, "/livez")).status).toBe(200);
    expect(await server.stop()).toBe(0);
    expect(await answers).toEqual([]);
  });
});

describe("a killed server", () => {
  test("kept every acknowledged write, and the next server starts", async () => {
    await using first = await start();
    const names = Array.from({ length: 200 }, (_, i) => `Killed ${i}`);
    const answers = names.map((name) => post(first, "/v1/artists", { name }));
    await Promise.race(answers);
    const settled = Promise.allSettled(answers);
    await first.kill();
    const kept = (await settled).flatMap((answer, i) =>
      answer.status === "fulfilled" && answer.value.status === 201 ? [names[i]!] : [],
    );
    await using second = await startServer({}, { database: first.database });
    const stored = column<string>(second, "SELECT name FROM artists WHERE name LIKE 'Killed %'");
    expect(kept.length).toBeGreaterThan(0);
    expect(stored).toEqual(expect.arrayContaining(kept));
    expect(value(second, "PRAGMA integrity_check")).toBe("ok");
    expect(await second.stop()).toBe(0);
  });
});

describe("a server that cannot start", () => {
  const serve = (settings: Record<string, string>, ...flags: string[]) =>
    chinook(["serve", ...flags], {
      CHINOOK_PORT: "0",
      CHINOOK_DEMO: "0",
      CHINOOK_DATABASE: join(temporaryFolder(), "unused.sqlite"),
      ...settings,
    });

  test("because another server holds the file exits with 1 and names the holder", async () => {
    await using server = await start();
    const { code, stdout, stderr } = await serve({ CHINOOK_DATABASE: server.database });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain(`process ${server.pid}`);
    expect(stderr).toContain(server.url);
    expect((await post(server, "/v1/artists", { name: "Unharmed" })).status).toBe(201);
  });

  test("because its port is in use exits with 1, names the port and releases the file", async () => {
    await using server = await start();
    const database = copyOf(catalogue);
    const { port } = new URL(server.url);
    const { code, stderr } = await serve({ CHINOOK_PORT: port, CHINOOK_DATABASE: database });
    expect(code).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${port}: EADDRINUSE`);
    await using next = await startServer({}, { database });
    expect((await get(next, "/readyz")).status).toBe(200);
  });

  test("because its file is not a database exits with 1 and leaves the file unchanged", async () => {
    const database = join(temporaryFolder(), "letter.txt");
    writeFileSync(database, "Dear Sir or Madam, this is no database. ".repeat(200));
    const { code, stderr } = await serve({ CHINOOK_DATABASE: database });
    expect(code).toBe(1);
    expect(stderr).toContain("database");
    expect(stderr).not.toContain("defect of the server");
  });

  test.each([
    [
      { CHINOOK_PORT: "70000" },
      'CHINOOK_PORT: expected a whole number from 0 (any free port) to 65535, got "70000"',
    ],
    [{ CHINOOK_PORT: "" }, "CHINOOK_PORT: expected a whole number"],
    [
      { CHINOOK_HOST: "0.0.0.0" },
      "CHINOOK_HOST: 0.0.0.0 can be reached by others, which needs CHINOOK_AUTH=required",
    ],
    [{ CHINOOK_SYNCHRONOUS: "off" }, 'CHINOOK_SYNCHRONOUS: expected full or normal, got "off"'],
    [{ CHINOOK_CACHE_MB: "-1" }, "CHINOOK_CACHE_MB: expected a whole number"],
    [{ CHINOOK_PROT: "8080" }, "CHINOOK_PROT: no such setting; did you mean CHINOOK_PORT?"],
  ] as [Record<string, string>, string][])(
    "because of %j exits with 2 and says what is wrong",
    async (settings, message) => {
      const { code, stdout, stderr } = await serve(settings);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toContain(message);
    },
  );

  test("because of invalid flags exits with 2 and names all of them", async () => {
    const { code, stderr } = await serve({ CHINOOK_LOG: "loud" }, "--point-readers", "many");
    expect(code).toBe(2);
    expect(stderr).toContain('--point-readers: expected a whole number from 1 to 64, got "many"');
    expect(stderr).toContain('CHINOOK_LOG: expected json, pretty or silent, got "loud"');
    expect((await serve({}, "--prot", "1")).code).toBe(2);
    expect((await serve({}, "stray")).code).toBe(2);
  });
});

describe("operational routes", () => {
  test("report liveness, readiness and health", async () => {
    await using server = await start();
    expect((await get(server, "/livez")).json).toEqual({ status: "alive" });
    expect((await get(server, "/readyz")).json).toEqual({ status: "ready" });
    const { json, headers } = await get(server, "/health");
    expect(json).toMatchObject({ server: "ok", writer: true, readers: true });
    expect(json.schema_version).toBeGreaterThanOrEqual(3);
    expect(json.database_bytes).toBeGreaterThan(0);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test("count requests by route, not by path", async () => {
    await using server = await start();
    for (const path of ["/v1/tracks/1", "/v1/tracks/2", "/v1/tracks/987654321", "/nowhere", "/else"])
      await get(server, path);
    await patch(server, "/v1/tracks/1", { name: "Measured" });
    const { text } = await get(server, "/metrics");
    const seen = (method: string, route: string, status: number) =>
      `chinook_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;
    expect(text).toContain(`${seen("GET", "/v1/tracks/{id}", 200)} 2`);
    expect(text).toContain(`${seen("GET", "/v1/tracks/{id}", 404)} 1`);
    expect(text).toContain(`${seen("PATCH", "/v1/tracks/{id}", 200)} 1`);
    expect(text).toContain(`${seen("GET", "none", 404)} 2`);
    expect(text).not.toContain("nowhere");
  });

  test("count refusals by reason", async () => {
    await using server = await start();
    await converse(server, "rubbish\r\n\r\n");
    await post(server, "/v1/plays", " ".repeat(1_048_577));
    const { text } = await get(server, "/metrics");
    for (const reason of ["bad_request", "body_too_large"])
      expect(text).toContain(`chinook_rejected_requests_total{reason="${reason}"} 1`);
    expect((await request(server, "HEAD", "/metrics")).text).toBe("");
  });
});
