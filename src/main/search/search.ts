import { VECTOR_KINDS } from "../../shared/embedders/embedder.ts";
import { vectorTag } from "../discover/vector-reads.ts";
import { KINDS } from "../model/kinds.ts";
import { decodeCursor } from "../reads/catalogue.ts";
import { type Read, read } from "../reads/read.ts";
import { type SearchParams, type SqlFilters, searchParams, sqlFilters } from "./filters.ts";
import { fuzzyParts } from "./fuzzy.ts";
import { hybridParts } from "./hybrid.ts";
import { parseSearch, type Query } from "./query.ts";
import { type Ranking, textParts } from "./text.ts";

/** Marks around what was found, until the text between them is escaped; private use, so nobody's own text. */
const OPEN = "char(57344)";
const CLOSE = "char(57345)";

/** The columns of the index that are shown with marks: their number there, and where their text comes from. */
const HIGHLIGHTED = {
  name: [0, "t.name"],
  album_title: [2, "al.title"],
  artist_name: [1, "ar.name"],
  composer: [3, "t.composer"],
} as const;

const ESCAPES = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["''", "&#39;"],
] as const;

const escaped = (text: string): string =>
  ESCAPES.reduce((sql, [character, entity]) => `replace(${sql}, '${character}', '${entity}')`, text);

/**
 * A column with what was found in <mark>, everything else HTML-escaped; one that holds our marks gets none, and
 * neither does a hit that was found for something else than its words.
 */
function highlighted(column: string, [index, source]: readonly [number, string]): string {
  const marked = escaped(`highlight(tracks_fts, ${index}, ${OPEN}, ${CLOSE})`);
  return `CASE WHEN tracks_fts.rowid IS NULL THEN ${escaped(source)}
    WHEN tracks_fts.${column} IS NULL THEN NULL
    WHEN instr(tracks_fts.${column}, ${OPEN}) OR instr(tracks_fts.${column}, ${CLOSE}) THEN ${escaped(`tracks_fts.${column}`)}
    ELSE replace(replace(${marked}, ${OPEN}, '<mark>'), ${CLOSE}, '</mark>') END`;
}

const fields = Object.entries({
  ...KINDS.tracks.fields,
  score: "page.score / 1e9",
  highlights: `json_object(${Object.entries(HIGHLIGHTED)
    .map(([column, place]) => `'${column}', ${highlighted(column, place)}`)
    .join(", ")})`,
});
const HIT = `json_object(${fields.map(([name, expression]) => `'${name}', ${expression}`).join(", ")})`;
const hitsFrom = (expression: string): string => `
  page LEFT JOIN tracks_fts ON tracks_fts.rowid = page.id AND tracks_fts MATCH ${expression}
  CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = page.id")}`;

/**
 * Ranks, cuts out the page after the cursor, and only then looks at texts: names and marks are made for the hits
 * that are shown. Scores are whole numbers (a billionth each), so that a cursor finds its place again exactly.
 */
function statement(params: SearchParams) {
  const query = parseSearch(params.q);
  const sort = params.mode;
  const after = decodeCursor({ cursor: params.cursor, sort });
  const filters = sqlFilters(params);
  const ranking = rankingOf(params, query, filters);
  return {
    sql: searchSql(ranking, after !== undefined),
    params: {
      ...filters.params,
      ...ranking.params,
      limit: params.limit,
      sort,
      ...(after === undefined ? {} : { after_key: after[0], after_id: after[1] }),
    },
  };
}

function rankingOf({ q, mode, vector }: SearchParams, query: Query, filters: SqlFilters): Ranking {
  if (mode === "fuzzy") return fuzzyParts(query, filters);
  return mode === "hybrid" ? hybridParts(q, query, filters, vector) : textParts(q, query, filters);
}

const searchSql = ({ ctes, expression, extra }: Ranking, after: boolean): string => `
  WITH ${ctes},
  page AS MATERIALIZED (
    SELECT id, score FROM ranked
    ${after ? "WHERE score < likely(@after_key) OR (score = likely(@after_key) AND id > likely(@after_id))" : ""}
    ORDER BY score DESC, id LIMIT @limit + 1),
  hits AS MATERIALIZED (SELECT ${HIT} AS item FROM ${hitsFrom(expression)} LIMIT @limit)
  SELECT json_object(
    'data', json((SELECT json_group_array(json(item)) FROM hits)),
    'next', CASE WHEN (SELECT count(*) FROM page) > likely(@limit) THEN
      (SELECT hex(json_array(@sort, score, id)) FROM page LIMIT 1 OFFSET @limit - 1) END,
    ${extra}
  ), NULL, NULL`;

export const SEARCH_READ: Read<SearchParams> = read({
  name: "search",
  lane: "scan",
  params: searchParams,
  statement,
  cache: {
    table: "search",
    lifetime: 600,
    // A tag's change matters to the searches within it alone, a new word to those that correct, a vector to those
    // that compare; names matter to all.
    tags: ({ tag, mode }) => [
      "tracks",
      ...KINDS.tracks.joins,
      ...(tag === undefined ? [] : ["tags"]),
      ...(mode === "fuzzy" ? ["search-words"] : []),
      ...(mode === "hybrid" ? VECTOR_KINDS.map(vectorTag) : []),
    ],
    joins: [],
    freshness: "coherent",
  },
});
