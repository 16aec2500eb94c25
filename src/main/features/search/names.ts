import { jsonOf, KINDS } from "../../model/kinds.ts";
import { DID_YOU_MEAN, MARKED_GUESSES } from "./auto.ts";
import type { NamedType } from "./filters.ts";
import { fuzzyParams, NAMES_ALTERNATIVES } from "./fuzzy.ts";
import type { Query } from "./query.ts";
import { FORMS, FORMS_OF, MARKED, ONCE, type Ranking, textParams } from "./text.ts";

/** Kinds other than tracks that are found by name; `code` is their code in the index `names_fts`. */
export const NAMED_TYPES = {
  artist: { code: 1, member: "artists", kind: KINDS.artists, marked: { name: "t.name" } },
  album: {
    code: 2,
    member: "albums",
    kind: KINDS.albums,
    marked: { title: "t.title", artist_name: "ar.name" },
  },
  playlist: { code: 3, member: "playlists", kind: KINDS.playlists, marked: { name: "t.name" } },
} as const satisfies Record<NamedType, unknown>;

/** Maximum names ranked: of each level those with the lowest ids. */
const MOST_RANKED = 1_000;
/** Fuzzy matches score below it. */
const APPROXIMATE = 1e9;

/** The expression as for tracks, but without genres: names have none. */
const WIDE = `iif(EXISTS (SELECT 1 FROM forms), (
  SELECT group_concat(iif(value ->> 1, '(' || concat_ws(' OR ', value ->> 0, ${FORMS_OF}) || ')', value ->> 0), '' ORDER BY key)
  FROM json_each(likely(@wide_pieces))), @wide)`;

/** Every typed word, each as any of its alternatives. */
const GUESSED = `ifnull((SELECT group_concat('(' || alternatives || ')', ' AND ') FROM (
  SELECT group_concat('"' || term || '"', ' OR ') AS alternatives FROM chosen WHERE nth <= 8 GROUP BY place)), '""')`;

/** @param guesses the expression for fuzzy matches; undefined excludes them. */
const levelsOf = (guesses: string | undefined): string => `
  name_levels AS MATERIALIZED (
    SELECT level.value AS level, CASE level.value WHEN 2 THEN narrow
      WHEN 1 THEN iif(wide = narrow, '""', '(' || wide || ') NOT (' || narrow || ')')
      ELSE '(' || guessed || ') NOT (' || wide || ')' END AS match
    FROM (SELECT @exact AS narrow, ${WIDE} AS wide,
      ${guesses ?? "NULL"} AS guessed ${ONCE})
      CROSS JOIN json_each('${guesses === undefined ? "[2, 1]" : "[2, 1, 0]"}') level LIMIT 3)`;

const BM25 = "-bm25(names_fts, 10.0, 4.0, 4.0)";

/** As for tracks: the rank of the name's match, otherwise the level plus the relevance as a fraction. */
const NAMED =
  "round(coalesce(title_rank(@typed, name, artist_name, NULL), level + 0.99 - 99 / (relevance + 100)), 3)";
const NEAR = "0.8 * closeness(@near_typed, name, artist_name, NULL, NULL)";

/** Breaks ties by popularity. The id of a suggestion is its popularity rank. */
const POPULARITY = `ifnull((
  SELECT 1 - s.id / 20000.0 FROM suggestions s WHERE s.entity_id = hit.id AND s.kind = hit.type LIMIT 1), 0)`;

const NAME = `CASE code WHEN 1 THEN (SELECT name FROM artists x WHERE x.id = name_found.id)
  WHEN 2 THEN (SELECT title FROM albums x WHERE x.id = name_found.id)
  ELSE (SELECT name FROM playlists x WHERE x.id = name_found.id) END`;
const ARTIST = `iif(code = 2, (
  SELECT ar.name FROM albums x CROSS JOIN artists ar ON ar.id = x.artist_id WHERE x.id = name_found.id), NULL)`;
/** Keeps SQLite from looking up a name at each mention. */
const ONCE_EACH = `LIMIT ${MOST_RANKED} + 1 OFFSET 0`;

/**
 * Common table expressions that end in `name_hits (kind, id, score, total, best)`: the matching names of some
 * kinds, each kind ranked by itself.
 *
 * @param forgiving whether fuzzy matches count; `chosen` of fuzzy mode must then come before.
 * @param unwanted whether the search has exclusions: they apply to names, too.
 */
export function namesCtes(
  types: readonly NamedType[],
  { forgiving, unwanted }: { readonly forgiving: boolean; readonly unwanted: boolean },
): string {
  const guesses = unwanted ? `'(' || ${GUESSED} || ') NOT (' || @unwanted || ')'` : GUESSED;
  const codes = types.map((type) => NAMED_TYPES[type].code);
  const nameOf = types.map((type) => `WHEN ${NAMED_TYPES[type].code} THEN '${type}'`).join(" ");
  return `${levelsOf(forgiving ? guesses : undefined)},
    name_found AS MATERIALIZED (
      SELECT names_fts.rowid / 4 AS id, names_fts.rowid % 4 AS code, CASE names_fts.rowid % 4 ${nameOf} END AS type,
        level, ${BM25} AS relevance
      FROM name_levels CROSS JOIN names_fts
      WHERE names_fts MATCH match AND names_fts.rowid % 4 IN (${codes.join()}) LIMIT ${MOST_RANKED} + 1),
    name_hits AS MATERIALIZED (
      SELECT code, id, CAST(round((${forgiving ? `iif(level = 0, ${NEAR}, ${NAMED})` : NAMED} + 0.0009 * ${POPULARITY}) * 1e9) AS INTEGER) AS score
      FROM (SELECT *, ${NAME} AS name, ${ARTIST} AS artist_name FROM name_found ${ONCE_EACH}) hit)`;
}

/** Whether a name matches the query. */
export const NAME_SUFFICES = "best_name >= 3e9";

/** SQL of a hit as JSON text. */
function itemOf(type: NamedType, auto: boolean): string {
  const { code, kind, marked } = NAMED_TYPES[type];
  const marks = Object.entries(marked).map(
    ([name, column]) => `'"${name}":', highlight((SELECT marked FROM marks), ${column})`,
  );
  const match = `',"match":', iif(score < ${APPROXIMATE}, '"approximate"', '"exact"'),`;
  return `WHEN ${code} THEN (SELECT concat(rtrim(${jsonOf(kind)}, '}'), ',"score":', score / 1e9, ',"highlights":{',
    ${marks.join(", ',', ")}, '}',${auto ? match : ""} '}')
    FROM ${kind.from} WHERE t.id = hit.id)`;
}

/** Columns of one row: a kind's hits, the next cursor, the number of hits after it and in total. */
const columnsOf = (type: NamedType): string => {
  const { code, member } = NAMED_TYPES[type];
  const isShown = `code = ${code} AND nth <= likely(@limit)`;
  return `group_concat(item, ',' ORDER BY nth) FILTER (WHERE ${isShown}) AS ${member}_data,
    max(iif(code = ${code} AND nth = likely(@limit), hex(json_array('${type}', score, id)), NULL)) AS ${member}_next,
    max(nth) FILTER (WHERE code = ${code}) AS ${member}_left, max(every) FILTER (WHERE code = ${code}) AS ${member}_total`;
};

/**
 * SQL of the one row with the pages of all kinds. `name_hits` is mentioned once, since each mention is a
 * copy.
 */
export const namesFrom = (types: readonly NamedType[], after: boolean, auto: boolean): string => `(
  SELECT ${types.map(columnsOf).join(", ")}, max(best) AS best_name FROM (
    SELECT *, CASE code ${types.map((type) => itemOf(type, auto)).join(" ")} END AS item FROM (
      SELECT *, row_number() OVER (PARTITION BY code ORDER BY score DESC, id) AS nth
      FROM (SELECT *, count(*) OVER (PARTITION BY code) AS every, max(score) OVER () AS best FROM name_hits)
      ${after ? "WHERE score < likely(@after_key) OR (score = likely(@after_key) AND id > likely(@after_id))" : ""}) hit
    WHERE nth <= likely(@limit) + 1))`;

/** SQL of the members with the kinds' pages, as text that begins with a comma. */
export const namesMembers = (types: readonly NamedType[]): string =>
  types
    .map((type) => NAMED_TYPES[type].member)
    .map(
      (member) => `',"${member}":{"data":[', ${member}_data, '],"next":',
        json_quote(iif(${member}_left > likely(@limit), ${member}_next, NULL)), ',"total":', ifnull(${member}_total, 0), '}'`,
    )
    .join(", ");

/** Names alone, if no tracks are requested. */
export function namesParts(q: string, query: Query | undefined, forgiving: boolean): Ranking {
  return {
    shape: "names",
    sql: () => ({
      ctes: forgiving ? `${FORMS}, ${NAMES_ALTERNATIVES}` : FORMS,
      marked: forgiving ? MARKED_GUESSES : MARKED,
      extra: `'bounded', json(iif((SELECT count(*) FROM name_found) > ${MOST_RANKED}, 'true', 'false'))${forgiving ? DID_YOU_MEAN : ""}`,
    }),
    params: { ...(forgiving ? fuzzyParams(query) : {}), ...textParams(q, query) },
  };
}
