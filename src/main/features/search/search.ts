import { VECTOR_KINDS } from "../../../shared/embedders/embedder.ts";
import { decodeCursor } from "../../engine/reads/page.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import { KINDS } from "../../model/kinds.ts";
import { discover } from "../discover/feature.ts";
import { APPROXIMATE, autoParts, SUFFICES } from "./auto.ts";
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

/** What may be asked first, where the text alone may be enough; `statement` answers where it is not. */
type Step = "first" | "forgiving";

/**
 * Ranks, cuts out the page after the cursor, and only then looks at texts: names and marks are made for the hits
 * that are shown. Scores are whole numbers (a billionth each), so that a cursor finds its place again exactly.
 */
function statementOf(params: SearchParams, step: Step) {
  const query = parseSearch(params.q);
  const sort = params.mode;
  const after = decodeCursor({ cursor: params.cursor, sort });
  const filters = sqlFilters(params);
  const ranking = rankingOf(params, query, filters, step);
  const ifEnough = step === "first" ? SUFFICIENT[params.mode](params) : undefined;
  return {
    sql: searchSql(ranking, after !== undefined, params.mode === "auto", ifEnough),
    params: {
      ...filters.params,
      ...ranking.params,
      limit: params.limit,
      sort,
      ...(after === undefined ? {} : { after_key: after[0], after_id: after[1] }),
    },
  };
}

/** SQL that says whether the first step's answer stands; without it always. */
const SUFFICIENT: Record<SearchParams["mode"], (params: SearchParams) => string | undefined> = {
  text: () => undefined,
  fuzzy: () => undefined,
  auto: () => SUFFICES,
  hybrid: ({ vector }) => (vector === undefined ? "total > 0" : undefined),
};

function rankingOf(params: SearchParams, query: Query | undefined, filters: SqlFilters, step: Step): Ranking {
  const { mode } = params;
  if (mode === "fuzzy") return fuzzyParts(query, filters);
  if (step === "forgiving" && mode !== "text") return forgiving(params, query, filters);
  const text = textParts(params.q, query, filters);
  return mode === "hybrid" ? hybridParts(text, query, filters, params.vector) : text;
}

/** Where no track holds the words, hybrid mode has no hits whose like it could look for, and answers as auto does. */
function forgiving({ q, mode }: SearchParams, query: Query | undefined, filters: SqlFilters): Ranking {
  const auto = autoParts(q, query, filters);
  return mode === "hybrid" ? { ...auto, extra: `${auto.extra}, 'fused', json('["text"]')` } : auto;
}

const MATCH = `'match', iif(page.score < ${APPROXIMATE}, 'approximate', 'exact')`;

const searchSql = (
  { ctes, marked, extra }: Ranking,
  after: boolean,
  auto: boolean,
  ifEnough: string | undefined,
): string => `
  WITH ${ctes},
  page AS MATERIALIZED (
    SELECT *, row_number() OVER (ORDER BY score DESC, id) AS nth, count(*) OVER () > likely(@limit) AS more,
      ${marked} AS marked FROM (
      SELECT * FROM (SELECT id, score, count(*) OVER () AS total, max(score) OVER () AS best FROM ranked)
      ${after ? "WHERE score < likely(@after_key) OR (score = likely(@after_key) AND id > likely(@after_id))" : ""}
      ORDER BY score DESC, id LIMIT @limit + 1))
  SELECT json_object(
    'data', json(data),
    'next', next,
    'total', total,
    ${extra}
  ), NULL, NULL
  FROM (
    SELECT json_group_array(${auto ? HIT.replace(/\)$/, `, ${MATCH})`) : HIT}) FILTER (WHERE nth <= likely(@limit)) AS data,
      max(iif(nth = likely(@limit) AND more, hex(json_array(@sort, score, page.id)), NULL)) AS next,
      ifnull(max(page.total), 0) AS total, max(page.best) AS best
    FROM ${HIT_FROM})
  ${ifEnough === undefined ? "" : `WHERE ${ifEnough}`}`;

const DEFINITION = {
  lane: "scan",
  params: searchParams,
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
} satisfies Partial<Read<SearchParams>>;

/** What the words alone find; no row where that is too little, and the mode forgives. */
export const SEARCH_FIRST_READ: Read<SearchParams> = read({
  ...DEFINITION,
  name: "search.first",
  statement: (params) => statementOf(params, "first"),
});

export const SEARCH_READ: Read<SearchParams> = read({
  ...DEFINITION,
  name: "search",
  shortcut: SEARCH_FIRST_READ,
  statement: (params) => statementOf(params, "forgiving"),
});
