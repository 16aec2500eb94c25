import { VECTOR_KINDS } from "../../../shared/embedders/embedder.ts";
import { decodeCursor } from "../../engine/reads/page.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import { KINDS } from "../../model/kinds.ts";
import { discover } from "../discover/feature.ts";
import { type SearchParams, type SqlFilters, searchParams, sqlFilters } from "./filters.ts";
import { fuzzyParts } from "./fuzzy.ts";
import { hybridParts } from "./hybrid.ts";
import { parseSearch, type Query } from "./query.ts";
import { type Ranking, textParts } from "./text.ts";

/** Marks around what was found, until the text between them is escaped; private use, so nobody's own text. */
const OPEN = "char(57344)";
const CLOSE = "char(57345)";

/** The columns of the index that are shown with marks, by their number there, and where the names stand. */
const HIGHLIGHTED = [
  { column: "name", index: 0, name: "t.name" },
  { column: "album_title", index: 2, name: "al.title" },
  { column: "artist_name", index: 1, name: "ar.name" },
  { column: "composer", index: 3, name: "t.composer" },
] as const;

const ESCAPES = [
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
  ['"', "&quot;"],
  ["''", "&#39;"],
] as const;

/** HTML-escaped; most names have nothing to escape, and one look says so. */
const escaped = (text: string): string =>
  `iif(${text} GLOB '*[&<>"'']*', ${ESCAPES.reduce((sql, [character, entity]) => `replace(${sql}, '${character}', '${entity}')`, text)}, ${text})`;

/** A name with what was found in <mark>, everything else HTML-escaped; one that holds our marks gets none. */
function highlighted(name: string, marked: string): string {
  const tagged = `replace(replace(${escaped(marked)}, ${OPEN}, '<mark>'), ${CLOSE}, '</mark>')`;
  return `iif(instr(${marked}, ${OPEN}) AND NOT instr(${name}, ${OPEN}) AND NOT instr(${name}, ${CLOSE}),
    ${tagged}, ${escaped(name)})`;
}

const fields = Object.entries({
  ...KINDS.tracks.fields,
  score: "page.score / 1e9",
  highlights: `json_object(${HIGHLIGHTED.map(({ column, name }) => `'${column}', ${highlighted(name, `marks.${column}`)}`).join(", ")})`,
});
const HIT = `json_object(${fields.map(([name, expression]) => `'${name}', ${expression}`).join(", ")})`;
const HIT_FROM = `page CROSS JOIN ${KINDS.tracks.from.replace(
  "tracks t",
  "tracks t ON t.id = page.id",
)} LEFT JOIN marks ON marks.id = page.id`;

/**
 * The names of a page with marks, in one walk over what matches: asking FTS5 about one row after the other opens the
 * expression anew for each, which took most of a search's time.
 */
const marks = (expression: string): string => `
  SELECT rowid AS id, ${HIGHLIGHTED.map(({ column, index }) => `highlight(tracks_fts, ${index}, ${OPEN}, ${CLOSE}) AS ${column}`).join(", ")}
  FROM tracks_fts WHERE tracks_fts MATCH ${expression} AND +rowid IN (SELECT id FROM page)
  LIMIT @limit + 1`;

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
    SELECT *, row_number() OVER (ORDER BY score DESC, id) AS nth, count(*) OVER () > likely(@limit) AS more FROM (
      SELECT id, score FROM ranked
      ${after ? "WHERE score < likely(@after_key) OR (score = likely(@after_key) AND id > likely(@after_id))" : ""}
      ORDER BY score DESC, id LIMIT @limit + 1)),
  marks AS MATERIALIZED (${marks(expression)})
  SELECT json_object(
    'data', json(data),
    'next', next,
    ${extra}
  ), NULL, NULL
  FROM (
    SELECT json_group_array(${HIT}) FILTER (WHERE nth <= likely(@limit)) AS data,
      max(iif(nth = likely(@limit) AND more, hex(json_array(@sort, score, page.id)), NULL)) AS next
    FROM ${HIT_FROM})`;

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
      ...(mode === "hybrid" ? VECTOR_KINDS.map(discover.vectorTag) : []),
    ],
    joins: [],
    freshness: "coherent",
  },
});
