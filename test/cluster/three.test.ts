import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { beforeAll, describe, expect, test } from "vitest";
import {
  eventually,
  RQLITED,
  type RqliteCluster,
  type RqliteNode,
  startRqlite,
  WITHOUT,
} from "../support/rqlite.ts";
import {
  type Answer,
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

/** Three servers over three nodes on this machine, and what happens to them. The tests follow each other. */

interface Pair {
  readonly node: RqliteNode;
  readonly server: TestServer;
}

describe.skipIf(RQLITED === undefined)(`three servers over three nodes of rqlite${WITHOUT}`, () => {
  let rqlite: RqliteCluster;
  let pairs: Pair[] = [];
  const ledger = new Map<string, string>();

  beforeAll(async () => {
    rqlite = await startRqlite(3);
    const file = copyOf(await makeCatalogue(100));
    const joined = await chinook([
      "cluster",
      "join",
      file,
      "--writer",
      rqlite.writerOf(rqlite.nodes[0]!),
      "--json",
    ]);
    expect(joined.code, joined.stderr).toBe(0);
    expect(JSON.parse(joined.stdout).nodes).toHaveLength(3);
    pairs = await Promise.all(
      rqlite.nodes.map(async (node) => {
        const settings = { CHINOOK_WRITER: rqlite.writerOf(node) };
        return { node, server: await startServer(settings, { database: node.database }) };
      }),
    );
  }, 120_000);

  const leading = async (): Promise<Pair> => {
    const leader = await rqlite.leader();
    return pairs.find(({ node }) => node.address === leader.address)!;
  };
  const following = async (): Promise<Pair[]> => {
    const { node } = await leading();
    return pairs.filter((pair) => pair.node !== node);
  };

  /** Adds artists, each under a key of its own, until told to stop; what was acknowledged is in the ledger. */
  async function write(server: TestServer, name: string, stop: AbortSignal): Promise<void> {
    for (let i = 0; !stop.aborted; i++) await add(server, `${name}-${i}`, stop);
  }

  /** Asked again under its key until it is answered, as a client would. */
  async function add(server: TestServer, name: string, stop: AbortSignal): Promise<void> {
    for (;;) {
      const answer = await post(server, "/v1/artists", { name }, { "idempotency-key": name }).catch(
        () => undefined,
      );
      if (answer?.status === 201) return void ledger.set(name, answer.json.id);
      expect(answer === undefined || [409, 503].includes(answer.status), answer?.text).toBe(true);
      if (stop.aborted) return;
      await delay(20);
    }
  }

  /** Every acknowledged artist is on every node, once, under the id that was answered. */
  async function expectKept(): Promise<void> {
    for (const { node } of pairs) {
      const missing = await eventually(`${node.address} to catch up`, async () => {
        const found = artistsOf(node);
        return [...ledger].every(([name, id]) => found.get(name)?.join() === String(id)) ? [] : undefined;
      });
      expect(missing).toEqual([]);
      for (const ids of artistsOf(node).values()) expect(ids).toHaveLength(1);
    }
  }

  function artistsOf({ database }: RqliteNode): Map<string, number[]> {
    const db = new Database(database, { readonly: true });
    const found = new Map<string, number[]>();
    const rows = db.prepare("SELECT id, name FROM artists WHERE name LIKE 'load-%'").raw().all() as [
      number,
      string,
    ][];
    for (const [id, name] of rows) found.set(name, [...(found.get(name) ?? []), id]);
    db.close();
    return found;
  }

  const serves = (server: TestServer) =>
    eventually(`${server.url} to be ready`, async () =>
      (await get(server, "/readyz")).status === 200 ? true : undefined,
    );

  test("a server shows what it acknowledged, and any other when it is given the position", async () => {
    let position = "";
    let answer: Answer | undefined;
    for (let i = 0; i < 60; i++) {
      const { server } = pairs[i % 3]!;
      answer = await patch(server, "/v1/artists/1", { name: `version ${i}` });
      expect(answer.status, answer.text).toBe(200);
      expect((await get(server, "/v1/artists/1")).json.name).toBe(`version ${i}`);
      position = answer.headers.get("chinook-position")!;
      for (const other of pairs) {
        const seen = await get(other.server, "/v1/artists/1", { "chinook-position": position });
        expect(seen.json.name).toBe(`version ${i}`);
      }
    }
    const browser = { "sec-fetch-site": "same-origin" };
    const wrote = await patch(pairs[1]!.server, "/v1/artists/1", { name: "by a browser" }, browser);
    const cookie = wrote.headers.get("set-cookie")!.split(";")[0]!;
    expect((await get(pairs[2]!.server, "/v1/artists/1", { cookie })).json.name).toBe("by a browser");
  });

  test("a position that is no position is refused, and one that never comes is answered with 503", async () => {
    const { server } = pairs[0]!;
    expect((await get(server, "/v1/artists/1", { "chinook-position": "soon" })).json.code).toBe(
      "bad_request",
    );
    const never = await get(server, "/v1/artists/1", { "chinook-position": "1.999999999" });
    expect([never.status, never.json.code]).toEqual([503, "behind"]);
  });

  test("atomic batches with ids that are not known before", async () => {
    const [{ server }] = (await following()) as [Pair];
    const operations = [
      { method: "POST", path: "/v1/artists", body: { name: "Of a batch" } },
      { method: "POST", path: "/v1/albums", body: { title: "Its album", artist_id: { $ref: "0.id" } } },
    ];
    const done = await post(server, "/v1/batch", { mode: "atomic", operations });
    expect(done.status, done.text).toBe(200);
    const [artist, album] = done.json.results;
    expect(album.body.artist_id).toBe(artist.body.id);
    const before = (await get(server, "/v1/artists?total=1&limit=1")).json.total;
    const broken = [...operations, { method: "PATCH", path: "/v1/artists/999999", body: { name: "X" } }];
    const refused = await post(server, "/v1/batch", { mode: "atomic", operations: broken });
    expect(refused.status, refused.text).toBe(404);
    expect(refused.json.detail).toContain("operation 2");
    expect((await get(server, "/v1/artists?total=1&limit=1")).json.total).toBe(before);
  });

  test("the leader is killed under load: what was acknowledged is kept, and applied once", async () => {
    const stop = new AbortController();
    const writers = pairs.flatMap(({ server }, i) =>
      [0, 1, 2, 3].map((n) => write(server, `load-a${i}${n}`, stop.signal)),
    );
    await delay(500);
    const { node } = await leading();
    const before = ledger.size;
    await node.end();
    const reader = pairs.find((pair) => pair.node !== node)!.server;
    expect((await get(reader, "/v1/artists/2")).status).toBe(200);
    await eventually("another leader", async () => (ledger.size > before + 50 ? true : undefined));
    stop.abort();
    await Promise.all(writers);
    node.start();
    await node.ready();
    for (const { server } of pairs) await serves(server);
    await expectKept();
  });

  test("a follower is killed under load and comes back: its server notices the new file", async () => {
    const stop = new AbortController();
    const [pair] = (await following()) as [Pair];
    const writers = pairs.map(({ server }, i) => write(server, `load-b${i}`, stop.signal));
    await delay(300);
    await pair.node.end();
    expect((await get(pair.server, "/v1/artists/2")).status).toBe(200);
    const before = ledger.size;
    await eventually("writes to go on", async () => (ledger.size > before + 20 ? true : undefined));
    pair.node.start();
    await pair.node.ready();
    stop.abort();
    await Promise.all(writers);
    await serves(pair.server);
    await expectKept();
    const [name, id] = [...ledger].at(-1)!;
    expect((await get(pair.server, `/v1/artists/${id}`)).json.name).toBe(name);
  });

  test("a node that is stopped: its server reads on, says that it is behind, and writes through the others", async () => {
    const [{ node, server }] = (await following()) as [Pair];
    const leader = (await leading()).server;
    node.child.kill("SIGSTOP");
    const unready = await eventually("/readyz to say so", async () => {
      const answer = await get(server, "/readyz");
      return answer.status === 503 ? answer : undefined;
    });
    expect(unready.status).toBe(503);
    await add(leader, "load-unseen", new AbortController().signal);
    await eventually("its age", async () => {
      const read = await get(server, "/v1/artists/2");
      expect(read.status).toBe(200);
      return Number(read.headers.get("age")) >= 2 ? true : undefined;
    });
    const wrote = await post(server, "/v1/artists", { name: "load-stopped" });
    expect(wrote.status, wrote.text).toBe(201);
    ledger.set("load-stopped", wrote.json.id);
    node.child.kill("SIGCONT");
    await serves(server);
    await expectKept();
  });

  test("all nodes are killed and started again", async () => {
    await Promise.all(pairs.map(({ node }) => node.end()));
    for (const { server } of pairs) expect((await get(server, "/v1/artists/2")).status).toBe(200);
    for (const { node } of pairs) node.start();
    for (const { node } of pairs) await node.ready();
    for (const { server } of pairs) await serves(server);
    await expectKept();
    const { server } = pairs[0]!;
    const wrote = await post(server, "/v1/artists", { name: "load-again" });
    expect(wrote.status, wrote.text).toBe(201);
    ledger.set("load-again", wrote.json.id);
    await expectKept();
  });

  test("its database goes back to one machine", async () => {
    const file = join(temporaryFolder(), "database.sqlite");
    const { code, stderr } = await chinook([
      "cluster",
      "export",
      file,
      "--writer",
      rqlite.writerOf(pairs[0]!.node),
    ]);
    expect(code, stderr).toBe(0);
    await using server = await startServer({}, { database: file });
    const [name, id] = [...ledger].at(-1)!;
    expect((await get(server, `/v1/artists/${id}`)).json.name).toBe(name);
  });
});
