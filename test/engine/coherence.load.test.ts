import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  startServer,
  type TestServer,
} from "../support/server.ts";

/**
 * Readers and writers of a few hot entities, over HTTP, against the real server. A value is a counter that only
 * grows, so a response is stale when it shows less than what had been answered when its request began. The writer
 * of a value is one and waits for each answer; readers see whatever the cache, a flight or a lane gives them.
 */
const READERS = 20;
const WRITES_EACH = 150;

/** A value under test: how it is written, and where it can be seen. */
interface Hot {
  readonly path: string;
  readonly body: (n: number) => unknown;
  readonly seenIn: readonly { readonly path: string; readonly value: (json: Json) => number }[];
  answered: number;
}

const numberIn = (text: string) => Number(/ (\d+)$/.exec(text)![1]);

/** By name: tracks, an album and an artist, each also where its name is joined to others. */
async function hotValues(server: TestServer): Promise<Hot[]> {
  const { json: list } = await get(server, "/v1/tracks?limit=1&sort=-id");
  const [track] = list.data;
  const [album, artist] = [track.album_id, track.artist_id];
  const found = (json: Json) => json.data.find(({ id }: Json) => id === track.id);
  const joined = [
    { path: `/v1/tracks/${track.id}`, of: (json: Json) => json },
    { path: "/v1/tracks?limit=20&sort=-id", of: found },
    { path: `/v1/tracks?limit=100&album_id=${album}`, of: found },
    { path: `/v1/albums/${album}/tracks?limit=100`, of: found },
  ];
  const seen = (field: string) =>
    joined.map(({ path, of }) => ({ path, value: (json: Json) => numberIn(of(json)[field]) }));
  const own = (path: string, field: string) => ({ path, value: (json: Json) => numberIn(json[field]) });
  return [
    {
      path: `/v1/tracks/${track.id}`,
      body: (n) => ({ name: `Track ${n}` }),
      seenIn: seen("name"),
      answered: 0,
    },
    {
      path: `/v1/albums/${album}`,
      body: (n) => ({ title: `Album ${n}` }),
      seenIn: [own(`/v1/albums/${album}`, "title"), ...seen("album_title")],
      answered: 0,
    },
    {
      path: `/v1/artists/${artist}`,
      body: (n) => ({ name: `Artist ${n}` }),
      seenIn: [
        own(`/v1/artists/${artist}`, "name"),
        own(`/v1/albums/${album}`, "artist_name"),
        ...seen("artist_name"),
      ],
      answered: 0,
    },
    {
      path: `/v1/media-types/${track.media_type_id}`,
      body: (n) => ({ name: `Type ${n}` }),
      seenIn: seen("media_type_name"),
      answered: 0,
    },
  ];
}

async function write(server: TestServer, hot: Hot, n: number): Promise<void> {
  const { status, text } = await patch(server, hot.path, hot.body(n));
  expect(status, text).toBe(200);
  hot.answered = n;
}

/** Looks at each place of each value in turn. @returns where something answered was not shown, and how it came. */
async function readUntil(done: () => boolean, server: TestServer, values: readonly Hot[], first: number) {
  const places = values.flatMap((hot) => hot.seenIn.map((place) => ({ hot, ...place })));
  const [stale, served]: [string[], Record<string, number>] = [[], {}];
  for (let i = first; !done(); i++) {
    const { hot, path, value } = places[i % places.length]!;
    const since = hot.answered;
    const { status, json, headers } = await get(server, path);
    const how = headers.get("cache-status") ?? "";
    served[how] = (served[how] ?? 0) + 1;
    if (status !== 200) stale.push(`${path}: ${status}`);
    else if (value(json) < since) stale.push(`${path} shows ${value(json)} after ${since} (${how})`);
    await turn();
  }
  return { stale, served };
}

test("under load, no reader sees a value older than the last one answered before its request", async () => {
  await using server = await startServer({}, { database: copyOf(await makeCatalogue(500)) });
  const values = await hotValues(server);
  for (const hot of values) await write(server, hot, 1);
  let writing = values.length;
  const writers = values.map(async (hot) => {
    for (let n = 2; n <= WRITES_EACH; n++) await write(server, hot, n);
    writing--;
  });
  const readers = Array.from({ length: READERS }, (_, i) =>
    readUntil(() => writing === 0, server, values, i),
  );
  await Promise.all(writers);
  const reports = await Promise.all(readers);
  expect(reports.flatMap(({ stale }) => stale)).toEqual([]);
  const ways = new Set(reports.flatMap(({ served }) => Object.keys(served)));
  expect([...ways].sort()).toEqual(["chinook; fwd=miss", "chinook; fwd=miss; collapsed", "chinook; hit"]);
}, 120_000);
