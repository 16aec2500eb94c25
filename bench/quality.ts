import { parseArgs } from "node:util";
import type { Statement } from "better-sqlite3";
import { RECOMMENDATIONS_READ } from "../src/main/features/discover/recommendations.ts";
import { SIMILAR_READ } from "../src/main/features/discover/similar.ts";
import type { Connection } from "../src/shared/database/sqlite.ts";
import { BenchDatabase, chinook } from "./support/database.ts";

/**
 * Quality of similarity and recommendations:
 *
 * - the share of the ten nearest tracks by metadata with the track's genre, against the share by chance;
 * - how often a track that a listener found by themselves is among twenty recommendations made without it, against
 *   the twenty most popular tracks that the listener did not know.
 */

type Row = readonly [string];
type Prepared = Statement<[Record<string, unknown>], Row>;

function preparer(db: Connection): (sql: string) => Prepared {
  const known = new Map<string, Prepared>();
  return (sql) => {
    const prepared = known.get(sql) ?? db.prepare<[Record<string, unknown>], Row>(sql).raw(true);
    known.set(sql, prepared);
    return prepared;
  };
}

interface Track {
  readonly id: number;
  readonly genre_id: number | null;
}

const tracksOf = (row: Row | undefined): readonly Track[] => JSON.parse(row![0]).data;

export interface GenreQuality {
  readonly tracks: number;
  readonly share: number;
  readonly base: number;
}

/** @param sample number of tracks, evenly spaced over the catalogue. */
export function genreQuality(db: Connection, sample: number): GenreQuality {
  const prepare = preparer(db);
  const tracks = db
    .prepare<[], Track>("SELECT id, genre_id FROM tracks WHERE genre_id IS NOT NULL ORDER BY id")
    .all();
  const stride = Math.max(1, Math.floor(tracks.length / sample));
  const looked = tracks.filter((_, i) => i % stride === 0);
  let same = 0;
  let found = 0;
  for (const { id, genre_id } of looked) {
    const { sql, params } = SIMILAR_READ.statement({ id, by: "metadata", limit: 10 }, new Date());
    const near = tracksOf(prepare(sql).get(params));
    same += near.filter((track) => track.genre_id === genre_id).length;
    found += near.length;
  }
  return { tracks: looked.length, share: same / found, base: chance(tracks, looked) };
}

/** The mean, over these tracks, of the share of all others with the same genre. */
function chance(tracks: readonly Track[], looked: readonly Track[]): number {
  const counts = new Map<number | null, number>();
  for (const { genre_id } of tracks) counts.set(genre_id, (counts.get(genre_id) ?? 0) + 1);
  const shares = looked.map(({ genre_id }) => (counts.get(genre_id)! - 1) / (tracks.length - 1));
  return shares.reduce((a, b) => a + b, 0) / looked.length;
}

export interface HitRates {
  readonly trials: number;
  readonly recommended: number;
  readonly popular: number;
  /** Mean of the answers' diversity: the probability that two of their tracks differ in genre. */
  readonly diversity: number;
}

interface Discovery {
  readonly user_id: number;
  readonly track_id: number;
}

const POPULAR_SQL = `
  SELECT track_id FROM plays WHERE track_id NOT IN (SELECT track_id FROM plays WHERE user_id = @id)
  GROUP BY track_id ORDER BY sum(pow(0.5, max(0, julianday(@now) - julianday(played_at)) / 14.0)) DESC, track_id
  LIMIT 20`;

/**
 * Leave one out: of each listener's tracks the latest finds are removed one at a time (plays and purchases: in a
 * generated catalogue customers and listeners are the same people). A hit is the removed track among the twenty.
 */
export function hitRates(db: Connection, perUser: number, now: Date): HitRates {
  const prepare = preparer(db);
  const discoveries = db.prepare<[number], Discovery>(DISCOVERIES_SQL).all(perUser);
  const popular = db.prepare<[Record<string, unknown>], number>(POPULAR_SQL).pluck();
  let [recommendedHits, popularHits, diversity] = [0, 0, 0];
  for (const discovery of discoveries) {
    withoutIt(db, discovery, () => {
      const { sql, params } = RECOMMENDATIONS_READ.statement({ id: discovery.user_id, limit: 20 }, now);
      const answer = JSON.parse(prepare(sql).get(params)![0]);
      if (answer.data.some(({ id }: Track) => id === discovery.track_id)) recommendedHits++;
      diversity += answer.diversity.genres;
      const names = { id: discovery.user_id, now: now.toISOString() };
      if (popular.all(names).includes(discovery.track_id)) popularHits++;
    });
  }
  const trials = discoveries.length;
  return {
    trials,
    recommended: recommendedHits / trials,
    popular: popularHits / trials,
    diversity: diversity / trials,
  };
}

/** Number of favourites that represent a listener. */
const FAVOURITES = 5;

/**
 * The same for listeners without plays, whose five most played tracks are marked as favourites instead: the
 * value of a favourite for listeners who otherwise get popular tracks.
 */
export function favouritesHitRates(db: Connection, perUser: number, now: Date): HitRates {
  const prepare = preparer(db);
  const discoveries = db.prepare<[number], Discovery>(DISCOVERIES_SQL).all(perUser);
  const popular = db.prepare<[Record<string, unknown>], number>(POPULAR_SQL).pluck();
  let [recommendedHits, popularHits, diversity] = [0, 0, 0];
  for (const discovery of discoveries) {
    withoutIt(db, discovery, () => {
      const id = discovery.user_id;
      const names = { id, now: now.toISOString() };
      db.prepare(MARK_SQL).run({ id, now: now.toISOString(), most: FAVOURITES });
      db.prepare("DELETE FROM plays WHERE user_id = ?").run(id);
      db.prepare("DELETE FROM invoices WHERE customer_id = ?").run(id);
      const { sql, params } = RECOMMENDATIONS_READ.statement({ id, limit: 20 }, now);
      if (tracksOf(prepare(sql).get(params)).some((track) => track.id === discovery.track_id))
        recommendedHits++;
      if (popular.all(names).includes(discovery.track_id)) popularHits++;
    });
  }
  const trials = discoveries.length;
  return {
    trials,
    recommended: recommendedHits / trials,
    popular: popularHits / trials,
    diversity: diversity / trials,
  };
}

const MARK_SQL = `
  INSERT INTO favourites (user_id, kind, entity_id, added_at)
  SELECT user_id, 'tracks', track_id, @now FROM plays WHERE user_id = @id
  GROUP BY track_id ORDER BY count(*) DESC, track_id LIMIT @most`;

const DISCOVERIES_SQL = `
  SELECT user_id, track_id FROM (
    SELECT user_id, track_id, row_number() OVER (PARTITION BY user_id ORDER BY min(played_at) DESC, track_id) AS latest,
      count(*) OVER (PARTITION BY user_id) AS known
    FROM plays WHERE user_id IS NOT NULL GROUP BY user_id, track_id)
  WHERE latest <= ? AND known >= 10 ORDER BY user_id, latest`;

function withoutIt(db: Connection, { user_id, track_id }: Discovery, action: () => void): void {
  db.exec("BEGIN");
  try {
    db.prepare("DELETE FROM plays WHERE user_id = ? AND track_id = ?").run(user_id, track_id);
    db.prepare(
      "DELETE FROM invoice_lines WHERE track_id = ? AND invoice_id IN (SELECT id FROM invoices WHERE customer_id = ?)",
    ).run(track_id, user_id);
    action();
  } finally {
    db.exec("ROLLBACK");
  }
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

function main(): void {
  const { values } = parseArgs({
    options: {
      sample: { type: "string" },
      tracks: { type: "string", default: "3503" },
      "per-user": { type: "string", default: "10" },
      json: { type: "boolean", default: false },
    },
  });
  const result: Record<string, GenreQuality | HitRates> = {};
  if (values.sample !== undefined) {
    using imported = new BenchDatabase();
    chinook(["import", values.sample, "--database", imported.file]);
    chinook(["vectors", "generate", "--database", imported.file]);
    result.sample = genreQuality(imported.db, 1_000);
  }
  using generated = new BenchDatabase();
  chinook(["generate", "--tracks", values.tracks, "--seed", "1", "--database", generated.file]);
  chinook(["vectors", "generate", "--database", generated.file]);
  result.generated = genreQuality(generated.db, 1_000);
  result.recommendations = hitRates(generated.db, Number(values["per-user"]), new Date());
  result.favourites = favouritesHitRates(generated.db, Number(values["per-user"]), new Date());
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${report(result)}\n`);
}

const report = (result: Record<string, GenreQuality | HitRates>): string =>
  Object.entries(result)
    .map(([name, figures]) =>
      "share" in figures
        ? `${name}: ${percent(figures.share)} of the ten nearest by metadata share the genre, ${percent(figures.base)} by chance: ${(figures.share / figures.base).toFixed(1)} times (${figures.tracks} tracks)`
        : `${name}: ${percent(figures.recommended)} hits at 20, ${percent(figures.popular)} by popularity: ${(figures.recommended / figures.popular).toFixed(1)} times (${figures.trials} trials); diversity ${figures.diversity.toFixed(3)}`,
    )
    .join("\n");

if (import.meta.main) main();
