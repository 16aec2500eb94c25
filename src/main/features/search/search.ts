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

const fields = Object.entries({
  ...KINDS.tracks.fields,
  score: "page.score / 1e9",
  highlights: "json(highlights(page.marked, t.name, al.title, ar.name, t.composer))",
});
const HIT = `json_object(${fields.map(([name, expression]) => `'${name}', ${expression}`).join(", ")})`;
const HIT_FROM = `page CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = page.id")}`;

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

function rankingOf(
  { q, mode, vector }: SearchParams,
  query: Query | undefined,
  filters: SqlFilters,
): Ranking {
  if (mode === "fuzzy") return fuzzyParts(query, filters);
  return mode === "hybrid" ? hybridParts(q, query, filters, vector) : textParts(q, query, filters);
}

const searchSql = ({ ctes, marked, extra }: Ranking, after: boolean): string => `
  WITH ${ctes},
  page AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY score DESC, id) AS nth, count(*) OVER () > likely(@limit) AS more,
      ${marked} AS marked FROM (
      SELECT id, score FROM ranked
      ${after ? "WHERE score < likely(@after_key) OR (score = likely(@after_key) AND id > likely(@after_id))" : ""}
      ORDER BY score DESC, id LIMIT @limit + 1))
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
    // A tag's change matters to the searches within it alone, a vector to those that compare; names and words matter
    // to all.
    tags: ({ tag, mode }) => [
      "tracks",
      ...KINDS.tracks.joins,
      ...(tag === undefined ? [] : ["tags"]),
      "search-words",
      ...(mode === "hybrid" ? VECTOR_KINDS.map(discover.vectorTag) : []),
    ],
    joins: [],
    freshness: "coherent",
  },
});
