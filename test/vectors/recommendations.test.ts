import Database from "better-sqlite3";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { spreadArtists } from "../../src/workers/spread-artists.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { axis, between, GENERATING, generated, withVectors } from "./support.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestServer;
beforeAll(async () => {
  const database = copyOf(await withVectors(await makeCatalogue()));
  addPurchases(database);
  server = await startServer(GENERATING, { database });
  await generated(server);
});
afterAll(() => server.kill());

/** A customer who bought one track, and six more who bought it with another. */
const BUYER = 900_000;
function addPurchases(database: string): void {
  const db = new Database(database);
  for (let id = BUYER; id < BUYER + 7; id++) {
    db.exec(`INSERT INTO customers (id, first_name, last_name, email) VALUES (${id}, 'A', 'B', 'a@b.example');
      INSERT INTO invoices (id, customer_id, invoice_date, total_cents) VALUES (${id}, ${id}, '2020-01-01', 198)`);
    for (const track of id === BUYER ? [21] : [21, 499])
      db.exec(
        `INSERT INTO invoice_lines (invoice_id, track_id, unit_price_cents, quantity) VALUES (${id}, ${track}, 99, 1)`,
      );
  }
  db.close();
}

/** An id beyond the generated users. */
let nextUser = 1_000_000;
const newUser = (): number => nextUser++;
const play = (user_id: number, ...tracks: number[]) =>
  post(
    server,
    "/v1/plays",
    tracks.map((track_id) => ({ track_id, user_id })),
  );
const recommended = async (user: number, limit = 20): Promise<Json[]> =>
  (await get(server, `/v1/users/${user}/recommendations?limit=${limit}`)).json.data;
const idsOf = (tracks: Json[]): number[] => tracks.map(({ id }) => id);

describe("recommendations", () => {
  test("a new user gets popular tracks, with a max-age", async () => {
    const answer = await get(server, `/v1/users/${newUser()}/recommendations?limit=10`);
    expect(answer.status).toBe(200);
    expect(answer.json.data).toHaveLength(10);
    for (const track of answer.json.data)
      expect(track).toMatchObject({ strategy: "popular", because_track_id: null });
    expect(answer.headers.get("cache-control")).toBe("private, max-age=3600");
    expect(answer.headers.get("age")).toBe("0");
  });

  test("popularity follows recent plays and purchases", async () => {
    for (let i = 0; i < 5; i++) await play(newUser(), ...Array.from({ length: 200 }, () => 321));
    expect(idsOf(await recommended(newUser(), 5))[0]).toBe(321);
  });

  test("heard tracks are left out and named as reasons", async () => {
    const user = newUser();
    await play(user, 10, 11, 12);
    const tracks = await recommended(user);
    expect(tracks).toHaveLength(20);
    for (const id of [10, 11, 12]) expect(idsOf(tracks)).not.toContain(id);
    const names = await Promise.all(
      [10, 11, 12].map(async (id) => (await get(server, `/v1/tracks/${id}`)).json.name),
    );
    const because = tracks.filter(({ strategy }) => strategy === "lyrics");
    expect(because.length).toBeGreaterThan(0);
    for (const { reason, because_track_id } of because) {
      expect([10, 11, 12]).toContain(because_track_id);
      expect(names.some((name) => reason === `because you played “${name}”`)).toBe(true);
    }
    const { genre_name } = (await get(server, "/v1/tracks/10")).json;
    const taste = tracks.find(({ strategy }) => strategy === "genre");
    if (taste !== undefined) expect(taste.reason).toMatch(/^because you listen to /);
    expect(tracks.filter((track) => track.genre_name === genre_name).length).toBeGreaterThan(5);
  });

  test("diversity is the share of pairs of tracks with different genres", async () => {
    const { json } = await get(server, `/v1/users/${newUser()}/recommendations?limit=10`);
    const genres: unknown[] = json.data.map(({ genre_id }: Json) => genre_id);
    const pairs = genres.flatMap((one, i) => genres.slice(i + 1).map((two) => one !== two));
    expect(json.diversity.genres).toBeCloseTo(pairs.filter(Boolean).length / pairs.length, 3);
  });

  test("a user's play counts in the next response, although the last one was cached", async () => {
    const user = newUser();
    const [first] = await recommended(user);
    expect(first.strategy).toBe("popular");
    await play(user, first.id);
    const tracks = await recommended(user);
    expect(idsOf(tracks)).not.toContain(first.id);
    expect(tracks[0].strategy).not.toBe("popular");
    const again = await get(server, `/v1/users/${user}/recommendations?limit=20`);
    expect(again.headers.get("cache-status")).toBe("chinook; hit");
  });

  test("old plays count", async () => {
    const user = newUser();
    await post(server, "/v1/plays", { track_id: 10, user_id: user, played_at: "1901-01-01T00:00:00Z" });
    const [first] = await recommended(user);
    expect(first).toMatchObject({ strategy: "lyrics", because_track_id: 10 });
  });

  test("purchases of the customer with the user's id count as heard and as reasons", async () => {
    const tracks = await recommended(BUYER);
    expect(idsOf(tracks)).not.toContain(21);
    const { name } = (await get(server, "/v1/tracks/21")).json;
    expect(tracks.find(({ strategy }) => strategy === "lyrics")).toMatchObject({
      because_track_id: 21,
      reason: `because you bought “${name}”`,
    });
    await play(BUYER, 21);
    expect((await recommended(BUYER)).find(({ strategy }) => strategy === "lyrics").reason).toBe(
      `because you played “${name}”`,
    );
  });

  test("tracks bought together are recommended after a play of one of them", async () => {
    const user = newUser();
    await play(user, 21);
    expect((await recommended(user, 50)).find(({ id }) => id === 499)).toMatchObject({
      strategy: "collaborative",
    });
  });

  test("a page of ten holds at most two tracks of an artist", async () => {
    const user = newUser();
    await play(user, 1, 2, 3);
    const tracks = await recommended(user, 30);
    for (let page = 0; page < 30; page += 10) {
      const artists = tracks.slice(page, page + 10).map(({ artist_id }) => artist_id);
      for (const artist of artists)
        expect(artists.filter((id) => id === artist).length).toBeLessThanOrEqual(2);
    }
  });

  test("scores are between 0 and 1; unknown parameters are refused", async () => {
    const user = newUser();
    await play(user, 50);
    for (const { score } of await recommended(user)) {
      expect(score).toBeGreaterThanOrEqual(0);
      expect(score).toBeLessThanOrEqual(1);
    }
    expect((await get(server, "/v1/users/0/recommendations")).status).toBe(422);
    expect((await get(server, "/v1/users/1/recommendations?by=audio")).status).toBe(422);
  });

  test("tracks played together are recommended, with that reason", async () => {
    const [a, b, c] = [60, 333, 444] as const;
    for (let i = 0; i < 8; i++) await play(newUser(), a, b, c);
    const user = newUser();
    await play(user, a);
    const tracks = await recommended(user, 50);
    expect(idsOf(tracks)).toContain(b);
    expect(idsOf(tracks)).toContain(c);
    expect(tracks.find(({ id }) => id === b).reason).toBe("because listeners like you chose it");
  });

  test("audio similarity weighs most", async () => {
    const audio = (id: number, vector: number[]) =>
      fetch(`${server.url}/v1/tracks/${id}/vectors`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ audio: vector }),
      });
    await audio(70, axis(128, 7));
    await audio(450, between(128, 7, 8));
    const user = newUser();
    await play(user, 70);
    expect((await recommended(user, 10)).find(({ id }) => id === 450)).toMatchObject({
      strategy: "audio",
      because_track_id: 70,
    });
  });
});

describe("diversification", () => {
  test("keeps the order if no artist has too many tracks", () => {
    expect(
      spreadArtists([
        [1, 1],
        [2, 1],
        [3, 1],
        [4, 2],
        [5, null],
        [6, null],
      ]),
    ).toEqual([1, 2, 4, 5, 6, 3]);
  });

  test("replaces tracks of a dominant genre by nearly equal ones of others, not by worse ones", () => {
    const one = [1, 2, 3, 4].map((id) => [id, null, 7, 1] as const);
    expect(spreadArtists([...one, [5, null, 8, 0.95]])).toEqual([1, 5, 2, 3, 4]);
    expect(spreadArtists([...one, [5, null, 8, 0.5]])).toEqual([1, 2, 3, 4, 5]);
    expect(spreadArtists([...one, [5, null, 8, 0.95]], 2)).toEqual([1, 5]);
  });

  test("returns every track once, and three of an artist on a page only if there is no other", () => {
    const tracks = fc.array(fc.option(fc.integer({ min: 1, max: 4 })), { maxLength: 60 });
    fc.assert(
      fc.property(tracks, (artists) => {
        const given = artists.map((artist, id) => [id, artist] as const);
        const order = spreadArtists(given);
        expect(order.toSorted((a, b) => a - b)).toEqual(given.map(([id]) => id));
        for (let page = 0; page < order.length; page += 10) {
          for (let i = page; i < Math.min(page + 10, order.length); i++) {
            const before = order.slice(page, i).map((id) => artists[id]);
            const crowded = (artist: number | null | undefined) =>
              artist != null && before.filter((other) => other === artist).length >= 2;
            if (crowded(artists[order[i]!])) {
              expect(order.slice(i).every((id) => crowded(artists[id]))).toBe(true);
            }
          }
        }
      }),
    );
  });
});
