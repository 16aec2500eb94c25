import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectProblem, value, walk } from "../http/helpers.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  post,
  remove,
  request,
  startServer,
  type TestServer,
} from "../support/server.ts";

const KINDS = ["artists", "albums", "tracks", "genres", "media-types", "playlists"] as const;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue(500)) });
}, 120_000);
afterAll(() => server?.stop());

const position = async (): Promise<number> => (await get(server, "/v1/changes")).json.next;

test("each change is named once, in order, with its kind and what became of it", async () => {
  const since = await position();
  const { json: artist } = await post(server, "/v1/artists", { name: "New" });
  await patch(server, `/v1/artists/${artist.id}`, { name: "Newer" });
  await post(server, "/v1/albums", { title: "No", artist_id: 999_999 });
  await post(server, "/v1/plays", { track_id: 1 });
  await remove(server, `/v1/artists/${artist.id}`);
  const { json } = await get(server, `/v1/changes?since=${since}`);
  expect(json.data).toEqual(
    ["created", "changed", "deleted"].map((change, i) => ({
      position: since + 1 + i,
      kind: "artists",
      id: artist.id,
      change,
    })),
  );
  expect(json.next).toBe(since + 3);
  expect((await get(server, `/v1/changes?since=${since}&limit=2`)).json.next).toBe(since + 2);
});

test("who waits is answered with the next change, or with none when the time is over", async () => {
  const since = await position();
  const waiting = get(server, `/v1/changes?since=${since}&wait=30`);
  const { json: genre } = await post(server, "/v1/genres", { name: "Awaited" });
  expect((await waiting).json.data).toMatchObject([{ kind: "genres", id: genre.id, change: "created" }]);
  expect((await get(server, `/v1/changes?since=${since + 1}&wait=1`)).json).toEqual({
    data: [],
    next: since + 1,
  });
});

/** Events of a stream, until the action that is told of each says enough. */
async function listen(since: number, enough: (event: Json) => boolean, headers = {}): Promise<Json[]> {
  const stop = new AbortController();
  const response = await fetch(`${server.url}/v1/changes?since=${since}`, {
    headers: { accept: "text/event-stream", ...headers },
    signal: stop.signal,
  });
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const events: Json[] = [];
  let text = "";
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end !== -1; end = text.indexOf("\n\n")) {
      const data = /^data: (.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data !== undefined) events.push(JSON.parse(data));
      if (events.length > 0 && enough(events.at(-1))) {
        stop.abort();
        return events;
      }
    }
  }
  throw new Error("the stream ended");
}

test("a stream goes on from where it was asked to, or from the last event that was seen", async () => {
  const since = await position();
  const listening = listen(since, ({ position }) => position === since + 20);
  for (let i = 0; i < 20; i++) await post(server, "/v1/artists", { name: `Streamed ${i}` });
  const events = await listening;
  expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, i) => since + 1 + i));
  const again = await listen(0, ({ position }) => position === since + 20, {
    "last-event-id": String(since + 18),
  });
  expect(again.map(({ position }) => position)).toEqual([since + 19, since + 20]);
});

test("streams end with the server, and a hundred at the most are open", async () => {
  const own = await startServer({}, { database: copyOf(await makeCatalogue(500)) });
  const open = () => fetch(`${own.url}/v1/changes`, { headers: { accept: "text/event-stream" } });
  const streams = await Promise.all(Array.from({ length: 100 }, open));
  expect(streams.every(({ status }) => status === 200)).toBe(true);
  expect((await open()).status).toBe(503);
  await streams[0]!.body!.cancel();
  let next = await open();
  while (next.status === 503) next = await open();
  expect(next.status).toBe(200);
  expect(await own.stop()).toBe(0);
}, 60_000);

/** A copy of all lists, kept by following changes and by nothing else. */
class Copy {
  readonly kinds = new Map<string, Map<number, Json>>();
  position = 0;

  async begin(): Promise<void> {
    this.position = await position();
    for (const kind of KINDS) {
      const rows = await walk(server, `/v1/${kind}`, 100);
      this.kinds.set(kind, new Map(rows.map((row) => [row.id, row])));
    }
  }

  /** @returns how many changes there were. */
  async follow(): Promise<number> {
    const { status, json, text } = await get(server, `/v1/changes?since=${this.position}&wait=1&limit=50`);
    expect(status, text).toBe(200);
    const positions = json.data.map(({ position }: Json) => position);
    expect(positions).toEqual(positions.map((_: number, i: number) => this.position + 1 + i));
    for (const { kind, id } of json.data) await this.#refresh(kind, id);
    this.position = json.next;
    return json.data.length;
  }

  async #refresh(kind: string, id: number): Promise<void> {
    const { status, json } = await get(server, `/v1/${kind}/${id}`);
    if (status === 404) this.kinds.get(kind)!.delete(id);
    else this.kinds.get(kind)!.set(id, json);
    if (status === 200) this.#rename(kind, json);
  }

  /** Names that others show. */
  #rename(kind: string, { id, name, title, artist_id, artist_name }: Json): void {
    for (const album of this.kinds.get("albums")!.values())
      if (kind === "artists" && album.artist_id === id) album.artist_name = name;
    for (const track of this.kinds.get("tracks")!.values()) {
      if (kind === "artists" && track.artist_id === id) track.artist_name = name;
      if (kind === "genres" && track.genre_id === id) track.genre_name = name;
      if (kind === "media-types" && track.media_type_id === id) track.media_type_name = name;
      if (kind === "albums" && track.album_id === id)
        Object.assign(track, { album_title: title, artist_id, artist_name });
    }
  }

  get text(): string {
    const sorted = [...this.kinds].map(([kind, rows]) => [
      kind,
      [...rows.values()].sort((a, b) => a.id - b.id),
    ]);
    return JSON.stringify(sorted);
  }
}

test("a client that follows under load ends with the same catalogue, byte for byte", async () => {
  const copy = new Copy();
  await copy.begin();
  let writing = true;
  const writers = Promise.all([1, 2, 3, 4].map((n) => write(n))).finally(() => {
    writing = false;
  });
  let seen = 0;
  while (writing) seen += await copy.follow();
  await writers;
  for (let more = 1; more > 0; seen += more) more = await copy.follow();
  expect(seen).toBeGreaterThan(300);
  const fresh = new Copy();
  await fresh.begin();
  expect(copy.text === fresh.text).toBe(true);
}, 120_000);

/** Adds, changes, moves and deletes, alone and in batches. */
async function write(n: number): Promise<void> {
  for (let i = 0; i < 40; i++) {
    const id = 1 + ((i * 7 + n * 31) % 100);
    await post(server, "/v1/batch", {
      mode: "atomic",
      operations: [
        { method: "POST", path: "/v1/artists", body: { name: `A ${n} ${i}` } },
        { method: "POST", path: "/v1/albums", body: { title: `T ${n} ${i}`, artist_id: { $ref: "0.id" } } },
        {
          method: "PATCH",
          path: `/v1/tracks/${id}`,
          body: { album_id: { $ref: "1.id" }, name: `N ${n} ${i}` },
        },
      ],
    });
    await patch(server, `/v1/artists/${1 + (i % 20)}`, { name: `Renamed ${n} ${i}` });
    await patch(server, `/v1/albums/${1 + (i % 20)}`, {
      title: `Title ${n} ${i}`,
      artist_id: 1 + ((i + n) % 20),
    });
    await patch(server, `/v1/genres/${1 + (i % 5)}`, { name: `Genre ${n} ${i}` });
    await request(
      server,
      i % 2 ? "POST" : "DELETE",
      `/v1/playlists/1/tracks${i % 2 ? "" : `/${id}`}`,
      i % 2 ? { body: { track_id: id } } : {},
    );
    const made = await post(server, "/v1/tracks", {
      name: "x",
      media_type_id: 1,
      milliseconds: 1,
      unit_price: 1,
      album_id: 1 + (i % 20),
    });
    if (i % 3 === 0) await remove(server, `/v1/tracks/${made.json.id}`);
    await remove(server, `/v1/tracks/${101 + ((i * 4 + n) % 300)}`);
  }
}

describe("a position that is not known", () => {
  test("is refused: one to come, and one that is forgotten", async () => {
    expectProblem(await get(server, "/v1/changes?since=999999999"), 410, "changes_gone");
    const db = new Database(server.database, { timeout: 5_000 });
    db.exec("DELETE FROM changes WHERE position <= 10");
    db.close();
    expectProblem(await get(server, "/v1/changes?since=9"), 410, "changes_gone");
    expect((await get(server, "/v1/changes?since=10&limit=1")).json.data).toMatchObject([{ position: 11 }]);
    const stream = await get(server, "/v1/changes?since=9", { accept: "text/event-stream" });
    expectProblem(stream, 410, "changes_gone");
    for (const query of ["since=-1", "since=x", "limit=0", "limit=1001", "wait=31"])
      expectProblem(await get(server, `/v1/changes?${query}`), 422, "invalid");
  });
});

test("a replaced catalogue is one change, after all before it", async () => {
  const since = await position();
  const { code, stderr } = await chinook(
    ["generate", "--tracks", "50", "--replace", "--database", server.database],
    {
      CHINOOK_BACKUP_DIR: `${server.database}.backups`,
    },
  );
  expect(code, stderr).toBe(0);
  const { json } = await get(server, `/v1/changes?since=${since}`);
  expect(json.data).toMatchObject([{ kind: "catalogue", change: "replaced" }]);
  expect(json.data[0].position).toBeGreaterThan(since);
  expect(value(server, "SELECT count(*) FROM tracks")).toBe(50);
}, 60_000);
