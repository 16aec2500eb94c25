import { z } from "zod";
import { type ComputedKind, VECTOR_KINDS, type VectorKind } from "../../../shared/embedders/embedder.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";
import { idText } from "../../http/fields.ts";

/** The tag of all vectors of a kind: an added, removed or changed vector can affect every search. */
export const vectorTag = (kind: VectorKind): string => `vectors:${kind}`;

const member = (kind: VectorKind) =>
  `'${kind}', json((SELECT vec_to_json(embedding) FROM vectors_${kind} WHERE track_id = t.id))`;

/** A track's vectors, normalised; null for a missing one. */
export const TRACK_VECTORS_READ: Read<{ readonly id: number }> = read({
  name: "vectors.get",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `SELECT json_object('track_id', t.id, ${VECTOR_KINDS.map(member).join(", ")}), NULL, NULL
      FROM tracks t WHERE t.id = likely(@id)`,
    params: { id },
  }),
  cache: {
    table: "search",
    lifetime: 600,
    tags: ({ id }) => [`tracks:${id}`, ...VECTOR_KINDS.map(vectorTag)],
    joins: [],
    freshness: "coherent",
  },
});

export interface VectorStats {
  readonly tracks: number;
  /** Changes still to spread over the queue, such as a renamed genre. */
  readonly spreads: number;
  readonly model: { readonly version: number; readonly tracks: number } | null;
  /** Tracks with precomputed neighbours, and tracks that still lack them. */
  readonly similar: { readonly kept: number; readonly lacking: number };
  readonly kinds: Readonly<
    Record<
      VectorKind,
      {
        readonly pending: number;
        readonly processing: number;
        readonly completed: number;
        readonly failed: number;
      }
    >
  >;
}

const stateCount = (kind: VectorKind, state: string) =>
  `'${state}', (SELECT count(*) FROM vector_queue WHERE kind = '${kind}' AND state = '${state}')`;
const kindStats = (kind: VectorKind) =>
  `'${kind}', json_object(${["pending", "processing", "completed", "failed"].map((state) => stateCount(kind, state)).join(", ")})`;

/** Maximum tracks of a catalogue with precomputed neighbours: the work grows with their square. */
export const MOST_KEPT_FOR = 5_000;

/** Tracks that have a vector, and those of them without precomputed neighbours. */
const WITH_VECTOR = "SELECT DISTINCT track_id FROM vector_queue WHERE state = 'completed'";
const LACKING = `SELECT track_id FROM (${WITH_VECTOR}) v
  WHERE NOT EXISTS (SELECT 1 FROM similar_tracks s WHERE s.kind = 'blend' AND s.track_id = v.track_id)`;

const STATS_SQL = `
  SELECT json_object(
    'tracks', (SELECT count(*) FROM tracks),
    'spreads', (SELECT count(*) FROM vector_spread),
    'model', json((SELECT json_object('version', version, 'tracks', tracks)
      FROM lyric_model ORDER BY version DESC LIMIT 1)),
    'similar', json_object('kept', (SELECT count(*) FROM similar_tracks WHERE kind = 'blend'),
      'lacking', iif((SELECT max(id) FROM tracks) <= ${MOST_KEPT_FOR}, (SELECT count(*) FROM (${LACKING})), 0)),
    'kinds', json_object(${VECTOR_KINDS.map(kindStats).join(", ")})), '', NULL`;

/** Vector coverage, counted from the queue's index, which has every vector. */
export const VECTOR_STATS_READ: Read<Nothing> = read({
  name: "vectors.stats",
  background: true,
  lane: "scan",
  params: nothing,
  statement: () => ({ sql: STATS_SQL, params: {} }),
  cache: UNCACHED,
});

/**
 * The catalogue's size as known without counting: its highest id, and the size that the model was fitted to.
 */
export interface Extent {
  readonly tracks: number;
  readonly model: { readonly tracks: number } | null;
  /** Embedder of the lyric vectors. */
  readonly embedder: string;
}

/** Runs after every write to the catalogue, where counting a million rows would cost too much. */
export const EXTENT_READ: Read<Nothing> = read({
  name: "vectors.extent",
  background: true,
  lane: "point",
  params: nothing,
  statement: () => ({
    sql: `SELECT json_object('tracks', ifnull((SELECT max(id) FROM tracks), 0),
      'embedder', ifnull((SELECT value FROM meta WHERE key = 'lyric_embedder'), '${HASHED}'),
      'model', json((SELECT json_object('tracks', tracks) FROM lyric_model ORDER BY version DESC LIMIT 1))), '', NULL`,
    params: {},
  }),
  cache: UNCACHED,
});

/** Ids of some tracks without precomputed neighbours, as an array. */
export const LACKING_READ: Read<{ readonly limit: number }> = read({
  name: "vectors.lacking",
  background: true,
  lane: "scan",
  params: z.strictObject({ limit: z.int() }),
  statement: (params) => ({
    sql: `SELECT json_group_array(track_id), '', NULL FROM (${LACKING} LIMIT likely(@limit))`,
    params: { ...params },
  }),
  cache: UNCACHED,
});

/** The next change to spread: `{"source", "source_id"}`. No row if there is none. */
export const NEXT_SPREAD_READ: Read<Nothing> = read({
  name: "vectors.next_spread",
  background: true,
  lane: "point",
  params: nothing,
  statement: () => ({
    sql: `SELECT json_object('source', source, 'source_id', source_id), '', NULL FROM vector_spread LIMIT 1`,
    params: {},
  }),
  cache: UNCACHED,
});

/** The embedder of hashed words, in use unless another one is recorded. */
export const HASHED = "hashed";

/** The sources of a track's vectors, each with the SQL function that computes it. */
const EMBED: Readonly<Record<ComputedKind, string>> = {
  lyric: `embed_lyric((SELECT lyric_model(version, idf) FROM lyric_model ORDER BY version DESC LIMIT 1),
    t.name, al.title, ar.name, t.composer, NULL)`,
  metadata:
    "embed_metadata(g.name, ar.name, m.name, al.release_date, t.milliseconds, t.bytes, t.unit_price_cents)",
};

const CLAIMED = `vector_queue q CROSS JOIN tracks t ON t.id = q.track_id
  LEFT JOIN albums al ON al.id = t.album_id
  LEFT JOIN artists ar ON ar.id = al.artist_id
  LEFT JOIN genres g ON g.id = t.genre_id
  LEFT JOIN media_types m ON m.id = t.media_type_id`;

/**
 * The vectors of the claimed rows: `[[track_id, hex], …]`; an empty text where none could be computed. The
 * rows' state marks them as claimed; no list of ids is passed.
 */
export const EMBED_READ: Read<{ readonly kind: ComputedKind }> = read({
  name: "vectors.embed",
  background: true,
  lane: "scan",
  params: z.strictObject({ kind: z.enum(["lyric", "metadata"]) }),
  statement: ({ kind }) => ({
    sql: `SELECT json_group_array(json_array(t.id, hex(${EMBED[kind]}))), '', NULL
      FROM ${CLAIMED} WHERE q.kind = '${kind}' AND q.state = 'processing'`,
    params: {},
  }),
  cache: UNCACHED,
});

/** The texts of the claimed rows, for an embedder outside SQL: `[[track_id, text], …]`. */
export const TEXTS_READ: Read<Nothing> = read({
  name: "vectors.texts",
  background: true,
  lane: "scan",
  params: nothing,
  statement: () => ({
    sql: `SELECT json_group_array(json_array(t.id, concat_ws(', ', t.name, al.title, ar.name, t.composer))), '', NULL
      FROM ${CLAIMED} WHERE q.kind = 'lyric' AND q.state = 'processing'`,
    params: {},
  }),
  cache: UNCACHED,
});

export interface FrequencyParams {
  readonly after: number;
  /** Sampling stride: every n-th id is counted. */
  readonly stride: number;
  readonly limit: number;
}

/** A slice of the term counts for a lyric model: `{"last", "documents", "counts"}`. */
export const FREQUENCIES_READ: Read<FrequencyParams> = read({
  name: "vectors.frequencies",
  background: true,
  lane: "scan",
  params: z.strictObject({ after: z.int(), stride: z.int(), limit: z.int() }),
  statement: (params) => ({
    sql: `SELECT json_object('last', max(id), 'documents', count(*),
        'counts', hex(lyric_frequencies(name, title, artist, composer))), '', NULL
      FROM (SELECT t.id, t.name, al.title, ar.name AS artist, t.composer
        FROM tracks t LEFT JOIN albums al ON al.id = t.album_id LEFT JOIN artists ar ON ar.id = al.artist_id
        WHERE t.id > likely(@after) AND t.id % CAST(@stride AS INTEGER) = 0 ORDER BY t.id LIMIT likely(@limit))`,
    params: { ...params },
  }),
  cache: UNCACHED,
});

export const VECTOR_READS = [
  TRACK_VECTORS_READ,
  VECTOR_STATS_READ,
  EXTENT_READ,
  LACKING_READ,
  NEXT_SPREAD_READ,
  EMBED_READ,
  TEXTS_READ,
  FREQUENCIES_READ,
];
