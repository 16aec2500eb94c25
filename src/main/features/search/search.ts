import { VECTOR_KINDS } from "../../../shared/embedders/embedder.ts";
import { decodeCursor } from "../../engine/reads/page.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import { keptTexts } from "../../engine/reads/texts.ts";
import { jsonOf, KINDS } from "../../model/kinds.ts";
import { discover } from "../discover/feature.ts";
import { APPROXIMATE, autoParts, SUFFICES } from "./auto.ts";
import { browseParts } from "./browse.ts";
import { FACETS_SQL, facetParams } from "./facets.ts";
import { type SearchParams, type SearchType, type SqlFilters, searchParams, sqlFilters } from "./filters.ts";
import { fuzzyParts } from "./fuzzy.ts";
import { hybridParts } from "./hybrid.ts";
import { NAME_SUFFICES, namesCtes, namesFrom, namesMembers, namesParts } from "./names.ts";
import { parseSearch, type Query } from "./query.ts";
import { type Ranking, type RankingSql, textParts } from "./text.ts";

/** The track's JSON without the closing brace, so that further members can be appended. */
const TRACK = `rtrim(${jsonOf(KINDS.tracks)}, '}')`;
const NAMES = "t.name, al.title, ar.name, t.composer";
const HIT_FROM = `page CROSS JOIN ${KINDS.tracks.from.replace("tracks t", "tracks t ON t.id = page.id")}`;

/** `first` answers if the text alone is enough; otherwise `forgiving` does. */
type Step = "first" | "forgiving";

/**
 * Ranks, cuts out the page after the cursor, and only then reads texts: names and highlights are computed for
 * the page alone. Scores are integers (in billionths), so that a cursor finds its place again exactly.
 */
function statementOf(params: SearchParams, step: Step) {
  const { types, facets } = params;
  const query = parseSearch(params.q);
  const sort = types[0] === "track" ? params.mode : types[0]!;
  const after = decodeCursor({ cursor: params.cursor, sort });
  const filters = sqlFilters(params);
  const ranking = rankingOf(params, query, filters, step);
  const unwanted = "unwanted" in ranking.params;
  const shown = [params.mode, step, types.join(), facets.length > 0, unwanted, params.vector !== undefined];
  const shape = [...shown, after === undefined, ranking.shape, filters.shape].join("\n");
  return {
    sql: kept(shape, () => searchSql(ranking.sql(), partsOf(params, step, after !== undefined, unwanted))),
    params: {
      ...filters.params,
      ...ranking.params,
      ...(facets.length === 0 ? {} : facetParams(facets)),
      limit: params.limit,
      sort,
      ...(after === undefined ? {} : { after_key: after[0], after_id: after[1] }),
    },
  };
}

const kept = keptTexts();

/** SQL that says whether the first step's answer is sufficient; undefined if it always is. */
const SUFFICIENT: Record<SearchParams["mode"], (params: SearchParams) => string | undefined> = {
  text: () => undefined,
  fuzzy: () => undefined,
  auto: ({ types }) =>
    [types.includes("track") ? SUFFICES : "false", ...(isNamed(types) ? [NAME_SUFFICES] : [])].join(" OR "),
  hybrid: ({ vector }) => (vector === undefined ? "total > 0" : undefined),
};

const isNamed = (types: readonly SearchType[]): boolean => types.some((type) => type !== "track");

function rankingOf(params: SearchParams, query: Query | undefined, filters: SqlFilters, step: Step): Ranking {
  const { q, mode, types } = params;
  if (q === "") return browseParts(filters);
  if (!types.includes("track")) return namesParts(q, query, step === "forgiving" && mode === "auto");
  if (mode === "fuzzy") return fuzzyParts(query, filters);
  if (step === "forgiving" && mode !== "text") return forgiving(params, query, filters);
  const text = textParts(q, query, filters);
  return mode === "hybrid" ? hybridParts(text, query, filters, params.vector) : text;
}

/** If no track holds the words, hybrid mode has no hits to compare with, and answers as auto mode does. */
function forgiving({ q, mode }: SearchParams, query: Query | undefined, filters: SqlFilters): Ranking {
  const auto = autoParts(q, query, filters);
  return mode === "hybrid" ? { ...auto, sql: () => alone(auto.sql()) } : auto;
}

const alone = (sql: RankingSql): RankingSql => ({ ...sql, extra: `${sql.extra}, 'fused', json('["text"]')` });

const MATCH = `',"match":', iif(page.score < ${APPROXIMATE}, '"approximate"', '"exact"'),`;

/** Parts of the answer as SQL of text: members after `total`; then whether the answer is sufficient. */
interface Parts {
  readonly tracks: boolean;
  readonly after: boolean;
  readonly auto: boolean;
  /** Common table expressions, the FROM clause, and the members built from it. */
  readonly names: { readonly ctes: string; readonly from: string; readonly members: string } | undefined;
  readonly facets: boolean;
  readonly ifEnough: string | undefined;
}

function partsOf(params: SearchParams, step: Step, after: boolean, unwanted: boolean): Parts {
  const { q, types, mode, facets } = params;
  const auto = mode === "auto";
  const named = types.filter((type) => type !== "track");
  const names = () => ({
    ctes: namesCtes(named, { forgiving: auto && step === "forgiving", unwanted }),
    from: namesFrom(named, after, auto),
    members: namesMembers(named),
  });
  return {
    tracks: types.includes("track"),
    after,
    auto,
    names: named.length === 0 ? undefined : names(),
    facets: facets.length > 0,
    ifEnough: step === "first" && q !== "" ? SUFFICIENT[mode](params) : undefined,
  };
}

/**
 * Names and highlights are computed for the page alone and concatenated as text: JSON that SQLite or a
 * function has written is not parsed again.
 */
const searchSql = ({ ctes, marked, extra }: RankingSql, parts: Parts): string => `
  WITH ${ctes}${parts.tracks ? `, ${pageCte(parts.after)}` : ""}${parts.names ? `, ${parts.names.ctes}` : ""},
  marks AS MATERIALIZED (SELECT ${marked} AS marked)
  SELECT concat('{"data":[', data, '],"next":', json_quote(iif(found > likely(@limit), next, NULL)), ',"total":', total,
    ${parts.facets ? `${FACETS_SQL},` : ""} ${parts.names ? `${parts.names.members},` : ""} ',',
    ltrim(said, '{')), NULL, NULL
  FROM ${parts.tracks ? tracksFrom(parts, extra) : noTracks(extra)} ${parts.names ? `CROSS JOIN ${parts.names.from}` : ""}
  ${parts.ifEnough === undefined ? "" : `WHERE ${parts.ifEnough}`}`;

const pageCte = (after: boolean): string => `
  page AS MATERIALIZED (
    SELECT id, score, row_number() OVER (ORDER BY score DESC, id) AS nth FROM (
      SELECT id, score FROM ranked
      ${after ? "WHERE score < likely(@after_key) OR (score = likely(@after_key) AND id > likely(@after_id))" : ""}
      ORDER BY score DESC, id LIMIT @limit + 1))`;

/** `ranked` is mentioned twice and `page` once, as each mention is a copy: see DESIGN.md. */
const tracksFrom = ({ auto, facets }: Parts, extra: string): string => `
  (SELECT count(*) AS total, max(score) AS best, json_object(${extra}) AS said${facets ? ", json_group_array(id) AS ids" : ""}
    FROM ranked) CROSS JOIN (
    SELECT count(*) AS found, max(iif(nth = likely(@limit), hex(json_array(@sort, score, page.id)), NULL)) AS next,
      group_concat(concat(${TRACK}, ',"score":', page.score / 1e9, ',"highlights":',
        highlights((SELECT marked FROM marks), ${NAMES}),${auto ? MATCH : ""} '}')) FILTER (WHERE nth <= likely(@limit)) AS data
    FROM ${HIT_FROM})`;

const noTracks = (extra: string): string =>
  `(SELECT 0 AS total, NULL AS best, 0 AS found, NULL AS next, NULL AS data, json_object(${extra}) AS said)`;

const DEFINITION = {
  lane: "scan",
  params: searchParams,
  cache: {
    table: "search",
    lifetime: 600,
    // A tag's change affects only searches within it, a vector only those that compare vectors; names and
    // words affect all.
    tags: ({ tag, mode, types }) => [
      "tracks",
      ...KINDS.tracks.joins,
      ...(tag === undefined ? [] : ["tags"]),
      "search-words",
      ...(isNamed(types) ? ["playlists", "suggestions", ...KINDS.playlists.joins] : []),
      ...(mode === "hybrid" ? VECTOR_KINDS.map(discover.vectorTag) : []),
    ],
    joins: [],
    freshness: "coherent",
  },
} satisfies Partial<Read<SearchParams>>;

/** Exact matches; no row if they are too few and the mode allows fuzzy matches. */
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
