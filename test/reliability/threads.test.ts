import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { column, expectProblem, value } from "../http/helpers.ts";
import {
  type Answer,
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

const HOOK = join(import.meta.dirname, "hooks/threads.cjs");

/** A server whose threads fail when a request contains the word of a fault. */
async function faulty(settings: Record<string, string> = {}): Promise<TestServer & { folder: string }> {
  const folder = temporaryFolder();
  const environment = { NODE_OPTIONS: `--require ${HOOK}`, FAULT_FOLDER: folder, ...settings };
  return Object.assign(await startServer(environment, { database: copyOf(catalogue) }), { folder });
}

const artist = (server: TestServer, name: string, key?: string): Promise<Answer> =>
  post(server, "/v1/artists", { name }, key === undefined ? {} : { "idempotency-key": key });
const named = (server: TestServer, name: string): number =>
  value(server, "SELECT count(*) FROM artists WHERE name = ?", name);
const searching = (server: TestServer, words: string): Promise<Answer> =>
  get(server, `/v1/search?q=${words}`);

async function lost(server: TestServer, thread: string): Promise<number> {
  const { text } = await get(server, "/metrics");
  return Number(new RegExp(`chinook_threads_lost_total\\{thread="${thread}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
}

/** Polls until the server reports it. */
async function ready(server: TestServer): Promise<void> {
  while ((await get(server, "/readyz")).status !== 200);
}

describe("a writer thread that dies", () => {
  test("during a batch leaves its clients an unknown outcome, and the next one serves later writes", async () => {
    await using server = await faulty();
    expectProblem(await artist(server, "fault-exit"), 503, "outcome_unknown");
    expect((await artist(server, "After")).status).toBe(201);
    expect([named(server, "fault-exit"), named(server, "After")]).toEqual([0, 1]);
    expect(await lost(server, "writer")).toBe(1);
    await ready(server);
    expect(await server.stop()).toBe(0);
  });

  test("of an exhausted heap is replaced too", async () => {
    await using server = await faulty();
    expectProblem(await artist(server, "fault-heap"), 503, "outcome_unknown");
    expect((await artist(server, "fault-heap")).status).toBe(201);
    expect(named(server, "fault-heap")).toBe(1);
    expect(await lost(server, "writer")).toBe(1);
  });

  test("gives each write in flight one outcome, which matches the file", async () => {
    await using server = await faulty();
    const names = Array.from({ length: 60 }, (_, i) => (i === 30 ? "fault-exit" : `Neighbour ${i}`));
    const answers = await Promise.all(names.map((name) => artist(server, name)));
    const stored = new Set(column<string>(server, "SELECT name FROM artists"));
    answers.forEach((answer, i) => {
      if (answer.status === 201) expect(stored).toContain(names[i]);
      else expectProblem(answer, 503, "outcome_unknown");
    });
    expect((await artist(server, "After")).status).toBe(201);
  });

  test("after an unanswered commit: with an Idempotency-Key the client gets its response", async () => {
    await using server = await faulty();
    const answer = await artist(server, "fault-mute", "muted");
    expect(answer.status).toBe(201);
    const again = await artist(server, "fault-mute", "muted");
    expect([again.json, again.headers.get("idempotency-replayed")]).toEqual([answer.json, "true"]);
    expect(named(server, "fault-mute")).toBe(1);
  });

  test("before a commit: with an Idempotency-Key the write is retried once", async () => {
    await using server = await faulty();
    expect((await artist(server, "fault-once", "tried")).status).toBe(201);
    expectProblem(await artist(server, "fault-exit", "hopeless"), 503, "outcome_unknown");
    expect([named(server, "fault-once"), named(server, "fault-exit")]).toEqual([1, 0]);
    expect(await lost(server, "writer")).toBe(3);
  });

  test("until it is restarted: /readyz fails, reads continue and writes wait", async () => {
    await using server = await faulty();
    const gate = join(server.folder, "gate");
    writeFileSync(gate, "");
    expectProblem(await artist(server, "fault-exit"), 503, "outcome_unknown");
    expectProblem(await get(server, "/readyz"), 503, "not_ready");
    expect((await get(server, "/health")).json).toMatchObject({
      status: "fail",
      writer: false,
      readers: true,
    });
    expect((await get(server, "/v1/tracks/1")).status).toBe(200);
    const waiting = artist(server, "Patient");
    rmSync(gate);
    expect((await waiting).status).toBe(201);
    expect((await get(server, "/readyz")).status).toBe(200);
  });

  test("and cannot be restarted in time: writes are refused unsent, and the server still stops in order", async () => {
    await using server = await faulty();
    writeFileSync(join(server.folder, "gate"), "");
    expectProblem(await artist(server, "fault-exit"), 503, "outcome_unknown");
    const answers = await Promise.all([artist(server, "Refused"), artist(server, "Refused")]);
    for (const answer of answers) expect(answer.status).toBe(503);
    for (const { json } of answers) expect(["writer_lost", "write_timeout"]).toContain(json.code);
    const stopping = server.stop();
    rmSync(join(server.folder, "gate"));
    expect(await stopping).toBe(0);
    expect(named(server, "Refused")).toBe(0);
  });
});

describe("a reader thread that dies", () => {
  test.each([
    ["scan", (server: TestServer, word: string) => searching(server, word), "/v1/search?q=love"],
    ["point", (server: TestServer, word: string) => get(server, `/v1/artists?slug=${word}`), "/v1/tracks/1"],
  ] as const)("on the %s lane is replaced, and its read is run once more", async (lane, ask, other) => {
    await using server = await faulty();
    expect((await ask(server, "fault-once")).status).toBe(200);
    expect(await lost(server, lane)).toBe(1);
    expectProblem(await ask(server, "fault-exit"), 503, "reader_lost");
    expect(await lost(server, lane)).toBe(3);
    expect((await get(server, other)).status).toBe(200);
    await ready(server);
    expect(await server.stop()).toBe(0);
  });

  test("of an exhausted heap affects no other thread", async () => {
    await using server = await faulty();
    const words = Array.from({ length: 20 }, (_, i) => (i === 10 ? "fault-heap" : `neighbour-${i}`));
    const answers = await Promise.all(words.map((word) => get(server, `/v1/artists?slug=${word}`)));
    expect(answers.map(({ status }) => status)).toEqual(words.map(() => 200));
    expect(await lost(server, "point")).toBe(1);
  });

  test("or is stuck delays no one else, and its caller gets read_timeout at the deadline", async () => {
    await using server = await faulty({ CHINOOK_SCAN_READERS: "2" });
    const stuck = searching(server, "fault-stuck");
    for (let i = 0; i < 20; i++) {
      expect((await get(server, `/v1/tracks/${i + 1}`)).status).toBe(200);
      expect((await searching(server, `other-${i}`)).status).toBe(200);
      expect((await artist(server, `Beside ${i}`)).status).toBe(201);
    }
    expectProblem(await stuck, 503, "read_timeout");
    expect((await get(server, "/readyz")).status).toBe(200);
  });
});
