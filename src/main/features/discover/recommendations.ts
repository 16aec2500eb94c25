import { z } from "zod";
import type { VectorKind } from "../../../shared/embedders/embedder.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import { idText, limitText } from "../../http/fields.ts";
import { jsonOf, KINDS } from "../../model/kinds.ts";

/**
 * Weights of the strategies, renormalised over those that found something for the listener. Each strategy's
 * scores are divided by its best first: cosines and counts have different scales.
 */
const WEIGHTS = { audio: 0.4, lyrics: 0.3, genre: 0.2, collaborative: 0.1 } as const;
/** Score of popular tracks: below every personal recommendation, and all that a new listener gets. */
const FILLER = 0.001;

/** Days in which plays and purchases lose half of their weight. */
const HALF_LIFE = { own: 14, plays: 14, purchases: 90 } as const;
/** Plays that a purchase counts for. */
const PURCHASE = 3;

/**
 * Weights of what a listener says, in plays of today. They do not decay. A favourite artist or album adds a
 * few of its tracks as seeds, which may themselves be recommended. A track of one or two stars weighs
 * nothing, however often it was played.
 */
const PREFERENCES = { favourite: 5, few: 1 } as const;
const FEW = 3;
/** Up to this many stars, neither the entity nor anything that belongs to it is recommended. */
const DISLIKED = 2;
const STARS = `CASE stars WHEN 5 THEN 5 WHEN 4 THEN 2 WHEN 3 THEN 0 ELSE -1 END`;

/** Limits of what is read, so that the work does not grow with the log. */
const OWN_PLAYS = 5_000;
const OWN_PURCHASES = 5_000;
const RECENT_PLAYS = 30_000;
const RECENT_PURCHASES = 10_000;
/** A listener's heaviest tracks, and how many of them are searched for neighbours by one kind of vector. */
const SEEDS = 30;
const SEEDS_BY_VECTOR = 6;
const NEIGHBOURS = 40;
const CUSTOMERS = 200;
const LISTENERS = 50;

const decayed = (time: string, days: number): string =>
  `pow(0.5, max(0, julianday(@now) - julianday(${time})) / ${days}.0)`;

/**
 * The listener's tracks, weighted by plays and purchases; recent ones count most. A user is the customer with
 * the same id, if there is one: `weight = Σ plays · 2^(−age/14 d) + 3 · Σ purchases · 2^(−age/90 d)`, plus 5
 * for a favourite or five stars, 2 for four. Weights have a lower bound, so that plays of decades ago still
 * give shares. `played` is 1 for played tracks, 0 for bought ones, −1 for tracks that are only liked.
 */
const OWN = `
  heard AS MATERIALIZED (
    SELECT track_id, played_at FROM plays WHERE user_id = likely(@id) ORDER BY played_at DESC LIMIT ${OWN_PLAYS}),
  paid AS MATERIALIZED (
    SELECT il.track_id, il.quantity, i.invoice_date
    FROM invoices i CROSS JOIN invoice_lines il ON il.invoice_id = i.id
    WHERE i.customer_id = (SELECT customer_id FROM users WHERE id = likely(@id)) ORDER BY i.invoice_date DESC LIMIT ${OWN_PURCHASES}),
  own AS MATERIALIZED (
    SELECT track_id, iif(min(weight) < 0, 1e-300, max(1e-300, sum(weight))) AS weight, max(played) AS played FROM (
      SELECT track_id, ${decayed("played_at", HALF_LIFE.own)} AS weight, 1 AS played FROM heard
      UNION ALL
      SELECT track_id, ${PURCHASE} * quantity * ${decayed("invoice_date", HALF_LIFE.purchases)}, 0 FROM paid
      UNION ALL
      SELECT entity_id, ${PREFERENCES.favourite}, -1 FROM favourites WHERE user_id = likely(@id) AND kind = 'tracks'
      UNION ALL
      SELECT entity_id, ${STARS}, -1 FROM ratings WHERE user_id = likely(@id) AND kind = 'tracks')
    GROUP BY track_id),
  seeds AS MATERIALIZED (
    SELECT o.track_id, max(o.weight) AS weight, max(o.played) AS played, t.genre_id FROM (
      SELECT * FROM own
      UNION ALL
      SELECT id, ${PREFERENCES.few}, -1 FROM (
        SELECT t.id, row_number() OVER (PARTITION BY al.artist_id ORDER BY p.popularity DESC, t.id) AS nth
        FROM favourites f CROSS JOIN albums al ON al.artist_id = f.entity_id CROSS JOIN tracks t ON t.album_id = al.id
          LEFT JOIN track_popularity p ON p.track_id = t.id
        WHERE f.user_id = likely(@id) AND f.kind = 'artists') WHERE nth <= ${FEW}
      UNION ALL
      SELECT id, ${PREFERENCES.few}, -1 FROM (
        SELECT t.id, row_number() OVER (PARTITION BY t.album_id ORDER BY p.popularity DESC, t.id) AS nth
        FROM favourites f CROSS JOIN tracks t ON t.album_id = f.entity_id
          LEFT JOIN track_popularity p ON p.track_id = t.id
        WHERE f.user_id = likely(@id) AND f.kind = 'albums') WHERE nth <= ${FEW}) o
    CROSS JOIN tracks t ON t.id = o.track_id
    GROUP BY o.track_id ORDER BY weight DESC, o.track_id LIMIT ${SEEDS})`;

/**
 * Popularity among all listeners: `popularity = Σ plays · 2^(−age/14 d) + 3 · Σ purchases · 2^(−age/90 d)`.
 */
const POPULAR = `
  recent AS MATERIALIZED (SELECT track_id, user_id, played_at FROM plays ORDER BY id DESC LIMIT ${RECENT_PLAYS}),
  bought AS MATERIALIZED (
    SELECT il.track_id, il.quantity, i.invoice_date
    FROM (SELECT * FROM invoice_lines ORDER BY id DESC LIMIT ${RECENT_PURCHASES}) il CROSS JOIN invoices i ON i.id = il.invoice_id),
  popular AS MATERIALIZED (
    SELECT track_id, sum(score) AS score FROM (
      SELECT track_id, ${decayed("played_at", HALF_LIFE.plays)} AS score FROM recent
      UNION ALL
      SELECT track_id, ${PURCHASE} * quantity * ${decayed("invoice_date", HALF_LIFE.purchases)} FROM bought)
    GROUP BY track_id)`;

/**
 * Tracks similar to the listener's seeds by one kind of vector: `Σ over seeds of weight · cosine`. The reason
 * is the seed that contributes most.
 */
const near = (name: string, kind: VectorKind): string => `
  ${name}_seeds AS MATERIALIZED (
    SELECT s.track_id, s.weight, v.embedding FROM seeds s CROSS JOIN vectors_${kind} v ON v.track_id = s.track_id
    ORDER BY s.weight DESC, s.track_id LIMIT ${SEEDS_BY_VECTOR}),
  ${name}_near AS MATERIALIZED (
    SELECT v.track_id, s.track_id AS seed, s.weight * (1 - v.distance * v.distance / 2) AS part
    FROM ${name}_seeds s CROSS JOIN vectors_${kind} v ON v.embedding MATCH s.embedding AND v.k = ${NEIGHBOURS}
    WHERE s.embedding IS NULL OR within_deadline()),
  ${name} AS MATERIALIZED (
    SELECT track_id, sum(part) AS score, seed, max(part) FROM ${name}_near WHERE part > 0 GROUP BY track_id)`;

/**
 * Popular tracks of the listener's genres: `share of the genre in the listener's plays · √popularity`.
 * Without the root, a hit of a rarely played genre would beat everything in the favourite one.
 */
const GENRE = `
  tastes AS MATERIALIZED (
    SELECT genre_id, sum(weight) / (SELECT sum(weight) FROM seeds) AS share FROM seeds
    WHERE genre_id IS NOT NULL GROUP BY genre_id),
  genre AS MATERIALIZED (
    SELECT p.track_id, s.share * sqrt(p.score) AS score, NULL AS seed
    FROM popular p CROSS JOIN tracks t ON t.id = p.track_id CROSS JOIN tastes s ON s.genre_id = t.genre_id)`;

/**
 * Collaborative filtering by users: `score(t) = Σ over listeners v who have t of |T_u ∩ T_v| / √(|T_u| ·
 * |T_v|)`, the cosine of two sets of tracks (Sarwar et al., "Analysis of recommendation algorithms for
 * e-commerce", 2000). `T_v` holds the recent plays of `v`, and all purchases of `v` if a seed is among them.
 * Users and customers with the same id are one listener.
 */
const COLLABORATIVE = `
  shelf AS MATERIALIZED (
    SELECT user_id AS who, track_id FROM recent WHERE user_id IS NOT NULL AND user_id <> likely(@id)
    UNION
    SELECT i.customer_id, il.track_id
    FROM (SELECT DISTINCT i.customer_id FROM seeds s
        CROSS JOIN invoice_lines l ON l.track_id = s.track_id CROSS JOIN invoices i ON i.id = l.invoice_id
        WHERE i.customer_id IS NOT (SELECT customer_id FROM users WHERE id = likely(@id)) LIMIT ${CUSTOMERS}) c
      CROSS JOIN invoices i ON i.customer_id = c.customer_id CROSS JOIN invoice_lines il ON il.invoice_id = i.id),
  alike AS MATERIALIZED (
    SELECT who, count(own.track_id) / sqrt(count(*) * (SELECT count(*) FROM own)) AS likeness
    FROM shelf LEFT JOIN own ON own.track_id = shelf.track_id
    GROUP BY who HAVING count(own.track_id) > 0 ORDER BY likeness DESC, who LIMIT ${LISTENERS}),
  collaborative AS MATERIALIZED (
    SELECT shelf.track_id, sum(alike.likeness) AS score, NULL AS seed
    FROM shelf CROSS JOIN alike ON alike.who = shelf.who
    WHERE EXISTS (SELECT 1 FROM own) GROUP BY shelf.track_id)`;

const opinion = (strategy: keyof typeof WEIGHTS): string =>
  `SELECT '${strategy}' AS strategy, ${WEIGHTS[strategy]} AS weight, track_id, seed, score / max(score) OVER () AS score
   FROM ${strategy}`;

/** The strategies' scores combined into one per track. The reason is the strategy that contributes most. */
const COMBINED = `
  opinions AS MATERIALIZED (${(Object.keys(WEIGHTS) as (keyof typeof WEIGHTS)[]).map(opinion).join(" UNION ALL ")}),
  total AS MATERIALIZED (
    SELECT max(1e-9, ifnull(sum(weight), 0)) AS weight FROM (SELECT DISTINCT strategy, weight FROM opinions)),
  combined AS MATERIALIZED (
    SELECT track_id, sum(part) AS score, strategy, seed, max(part) FROM (
      SELECT track_id, strategy, seed, weight * score / (SELECT weight FROM total) AS part FROM opinions
      UNION ALL
      SELECT track_id, 'popular', NULL,
        score / max(score) OVER () * iif(EXISTS (SELECT 1 FROM seeds), ${FILLER}, 1.0) FROM popular)
    WHERE track_id NOT IN (SELECT track_id FROM own)
    GROUP BY track_id)`;

/**
 * The best tracks, with their artists and genres spread. Enough are ranked to fill the page with two tracks
 * per artist. A song on two albums counts once.
 */
const RANKED = `
  best AS MATERIALIZED (
    SELECT c.track_id, c.score, al.artist_id, t.genre_id, t.name FROM combined c CROSS JOIN tracks t ON t.id = c.track_id
      LEFT JOIN albums al ON al.id = t.album_id
    WHERE NOT EXISTS (SELECT 1 FROM ratings WHERE user_id = likely(@id) AND kind = 'albums' AND entity_id = al.id
        AND stars <= ${DISLIKED})
      AND NOT EXISTS (SELECT 1 FROM ratings WHERE user_id = likely(@id) AND kind = 'artists'
        AND entity_id = al.artist_id AND stars <= ${DISLIKED})
    ORDER BY c.score DESC, c.track_id LIMIT 20 * @limit),
  songs AS MATERIALIZED (
    SELECT track_id, score, artist_id, genre_id,
      row_number() OVER (PARTITION BY ifnull(artist_id, -track_id), name ORDER BY score DESC, track_id) AS nth
    FROM best),
  ranked AS MATERIALIZED (
    SELECT key AS rank, value AS track_id FROM json_each(spread_artists(
      (SELECT json_group_array(json_array(track_id, artist_id, genre_id, score)) FROM (
        SELECT * FROM songs WHERE nth = 1 ORDER BY score DESC, track_id)), @limit)))`;

/**
 * Gini-Simpson index of the array `genres`: the probability that two of the tracks differ in genre. Tracks
 * without a genre count as one genre. It reads the array because each mention of `ranked` would copy the
 * whole query.
 */
const DIVERSITY = `(
  SELECT json_object('genres', iif(sum(n) > 1, round(1 - 1.0 * sum(n * (n - 1)) / (sum(n) * (sum(n) - 1)), 3), 0.0)) FROM (
    SELECT count(*) AS n FROM json_each(genres) GROUP BY value))`;

const BECAUSE = `'because you ' || CASE (SELECT played FROM seeds WHERE track_id = c.seed)
    WHEN 1 THEN 'played' WHEN 0 THEN 'bought' ELSE 'like' END
  || ' “' || seed.name || '”'`;
const REASON = `CASE c.strategy
  WHEN 'audio' THEN ${BECAUSE}
  WHEN 'lyrics' THEN ${BECAUSE}
  WHEN 'genre' THEN 'because you listen to ' || g.name
  WHEN 'collaborative' THEN 'because listeners like you chose it'
  ELSE 'because it is popular' END`;

const SQL = `
  WITH ${[OWN, POPULAR, near("audio", "audio"), near("lyrics", "lyric"), GENRE, COLLABORATIVE, COMBINED, RANKED].join(",")}
  SELECT '{"data":' || data || ',"next":null,"diversity":' || ${DIVERSITY} || '}', NULL, NULL
  FROM (SELECT json_group_array(json(item)) AS data, json_group_array(genre_id) AS genres FROM (
    SELECT '{"score":' || round(c.score, 6) || ',"strategy":"' || c.strategy || '","reason":' || json_quote(${REASON})
      || ',"because_track_id":' || ifnull(c.seed, 'null') || ',' || substr(${jsonOf(KINDS.tracks)}, 2) AS item, t.genre_id
    FROM ranked CROSS JOIN combined c ON c.track_id = ranked.track_id
      CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = ranked.track_id")}
      LEFT JOIN tracks seed ON seed.id = c.seed
    ORDER BY ranked.rank))`;

export interface RecommendationParams {
  readonly id: number;
  readonly limit: number;
}

/**
 * Recommendations for a listener: tracks new to them, best first. A listener without plays, purchases,
 * favourites and ratings gets popular tracks. The listener's own actions invalidate the answer at once; those
 * of others show after at most an hour.
 */
export const RECOMMENDATIONS_READ: Read<RecommendationParams> = read({
  name: "users.recommendations",
  lane: "scan",
  params: z.strictObject({ id: idText, limit: limitText }) as unknown as z.ZodType<RecommendationParams>,
  statement: ({ id, limit }, now) => ({ sql: SQL, params: { id, limit, now: now.toISOString() } }),
  cache: {
    table: "popular",
    lifetime: 3_600,
    tags: ({ id }) => [`users:${id}`],
    joins: [],
    freshness: "lifetime",
  },
});
