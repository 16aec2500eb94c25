import { parseArgs } from "node:util";
import { NEAREST_READ, SIMILAR_READ } from "../src/main/features/discover/similar.ts";
import type { Connection } from "../src/shared/database/sqlite.ts";
import { DIMENSIONS } from "../src/shared/embedders/embedder.ts";
import { BenchDatabase, chinook } from "./support/database.ts";

/**
 * Time of an exact search for the ten nearest, on one thread, with the server's reads. Also whether a smaller copy
 * of the vectors (a byte or a bit per dimension, with the best candidates compared exactly) would be worth it, with
 * its recall.
 */
const QUERIES = 200;
const WANTED = 10;
/** Candidates that the approximate searches compare exactly. */
const POOLS = { bytes: [100], bits: [100, 400, 1_000] } as const;

interface Figures {
  readonly scenario: string;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly max_ms: number;
  readonly recall_at_10?: number;
}

type Search = (track: number) => readonly number[];

function measure(scenario: string, tracks: readonly number[], search: Search, exact?: Search): Figures {
  const answers = tracks.map((track) => {
    const started = performance.now();
    const found = search(track);
    return { track, found, ms: performance.now() - started };
  });
  const ms = answers.map((answer) => answer.ms).sort((a, b) => a - b);
  const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(share * ms.length))]!;
  const figures = { scenario, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
  if (exact === undefined) return figures;
  const recalls = answers.slice(0, 50).map(({ track, found }) => {
    const wanted = exact(track);
    return wanted.filter((id) => found.includes(id)).length / wanted.length;
  });
  return { ...figures, recall_at_10: recalls.reduce((a, b) => a + b, 0) / recalls.length };
}

const idsIn = (body: string): number[] => JSON.parse(body).data.map(({ id }: { id: number }) => id);

/** The server's read, including its JSON. */
function similarBy(db: Connection, by: "lyric" | "metadata" | "blend"): Search {
  const { sql } = SIMILAR_READ.statement({ id: 1, by, limit: WANTED }, new Date());
  const statement = db.prepare<[unknown], readonly [string]>(sql).raw(true);
  return (id) => idsIn(statement.get({ id, limit: WANTED })![0]);
}

function searchByVector(db: Connection): Search {
  const vectorOf = db
    .prepare<[bigint], string>("SELECT hex(embedding) FROM vectors_lyric WHERE track_id = ?")
    .pluck();
  const { sql } = NEAREST_READ.statement({ by: "lyric", vector: "", limit: WANTED }, new Date());
  const statement = db.prepare<[unknown], readonly [string]>(sql).raw(true);
  return (id) => idsIn(statement.get({ vector: vectorOf.get(BigInt(id)), limit: WANTED })![0]);
}

const OWN = "(SELECT embedding FROM vectors_lyric WHERE track_id = CAST(@id AS INTEGER))";

/** Exact search without the rest of the read: the reference for the approximate ones. */
const EXACT = `
  SELECT track_id FROM vectors_lyric
  WHERE embedding MATCH ${OWN} AND k = ${WANTED}`;

const approximate = (table: string, quantised: string, pool: number) => `
  WITH pool AS MATERIALIZED (
    SELECT track_id FROM ${table}
    WHERE embedding MATCH ${quantised} AND k = ${pool})
  SELECT v.track_id FROM pool CROSS JOIN vectors_lyric v ON v.track_id = pool.track_id
  ORDER BY vec_distance_L2(v.embedding, ${OWN})
  LIMIT ${WANTED}`;

/** Only tracks of the same genre: an existing partition. */
const WITHIN_GENRE = `
  SELECT track_id FROM vectors_lyric WHERE embedding MATCH ${OWN} AND k = ${WANTED}
    AND track_id IN (SELECT id FROM tracks WHERE genre_id = (SELECT genre_id FROM tracks WHERE id = @id))`;

function plain(db: Connection, sql: string): Search {
  const statement = db.prepare<[unknown], number>(sql).pluck();
  return (id) => statement.all({ id });
}

/** Copies with a byte and with a bit per dimension. */
function quantise(db: Connection): void {
  const { lyric } = DIMENSIONS;
  db.exec(`
    CREATE VIRTUAL TABLE bytes USING vec0 (track_id INTEGER PRIMARY KEY, embedding INT8[${lyric}]);
    CREATE VIRTUAL TABLE bits USING vec0 (track_id INTEGER PRIMARY KEY, embedding BIT[${lyric}]);
    INSERT INTO bytes SELECT track_id, vec_quantize_int8(embedding, 'unit') FROM vectors_lyric;
    INSERT INTO bits SELECT track_id, vec_quantize_binary(embedding) FROM vectors_lyric;`);
}

function main(): void {
  const { values } = parseArgs({
    options: { tracks: { type: "string", default: "100000" }, json: { type: "boolean", default: false } },
  });
  const tracks = Number(values.tracks);
  using made = new BenchDatabase();
  chinook(["generate", "--tracks", values.tracks, "--seed", "1", "--database", made.file]);
  const started = performance.now();
  chinook(["vectors", "generate", "--database", made.file]);
  const seconds = (performance.now() - started) / 1_000;
  const { db } = made;
  // As a reader's connection.
  db.pragma("cache_size = -8192");
  db.pragma("mmap_size = 268435456");
  const asked = Array.from({ length: QUERIES }, (_, i) => 1 + Math.floor((i * tracks) / QUERIES));
  const exact = plain(db, EXACT);
  quantise(db);
  const scenarios = [
    measure("similar by lyric, exact", asked, similarBy(db, "lyric")),
    measure("search by lyric vector, exact", asked, searchByVector(db)),
    measure("similar by metadata, exact", asked, similarBy(db, "metadata")),
    measure("similar by blend, exact", asked, similarBy(db, "blend")),
    ...POOLS.bytes.map((pool) =>
      measure(
        `lyric, bytes, best ${pool}`,
        asked,
        plain(db, approximate("bytes", `vec_quantize_int8(${OWN}, 'unit')`, pool)),
        exact,
      ),
    ),
    ...POOLS.bits.map((pool) =>
      measure(
        `lyric, bits, best ${pool}`,
        asked,
        plain(db, approximate("bits", `vec_quantize_binary(${OWN})`, pool)),
        exact,
      ),
    ),
    measure("lyric, within the genre", asked, plain(db, WITHIN_GENRE), exact),
  ];
  const result = {
    tracks,
    generation_seconds: seconds,
    vectors_per_second: (2 * tracks) / seconds,
    scenarios,
  };
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${report(result)}\n`);
}

const report = (result: {
  tracks: number;
  generation_seconds: number;
  scenarios: readonly Figures[];
}): string =>
  [
    `${result.tracks.toLocaleString("en")} tracks; ${(2 * result.tracks).toLocaleString("en")} vectors computed in ${result.generation_seconds.toFixed(1)} s`,
    ...result.scenarios.map(({ scenario, p50_ms, p95_ms, max_ms, recall_at_10 }) => {
      const times = `p50 ${p50_ms.toFixed(1)} ms  p95 ${p95_ms.toFixed(1)} ms  max ${max_ms.toFixed(1)} ms`;
      return `${scenario.padEnd(32)} ${times}${recall_at_10 === undefined ? "" : `  recall@10 ${recall_at_10.toFixed(3)}`}`;
    }),
  ].join("\n");

if (import.meta.main) main();
