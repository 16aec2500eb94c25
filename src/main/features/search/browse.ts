import { inTime } from "../../engine/reads/read.ts";
import type { SqlFilters } from "./filters.ts";
import { MOST_OWN, MOST_RANKED, type Ranking } from "./text.ts";

/**
 * Filters without a search text: the tracks that match, popular ones first, then by id. All popular tracks
 * are checked; of the others, those with the lowest ids are ranked.
 */
export function browseParts(filters: SqlFilters): Ranking {
  return {
    shape: "browse",
    sql: () => ({
      ctes: browseCtes(filters),
      marked: `'{"words":[],"prefixes":[],"phrases":[]}'`,
      extra: `'bounded', json(iif((SELECT count(*) FROM others) > ${MOST_RANKED}, 'true', 'false'))`,
    }),
    params: {},
  };
}

function browseCtes({ own, conditions }: SqlFilters): string {
  const joined = "LEFT JOIN albums al ON al.id = t.album_id";
  const within = own === undefined ? [] : [`t.id IN (${own} LIMIT ${MOST_OWN})`];
  const where = [...within, ...conditions, inTime("t.id")].join(" AND ");
  return `
    popular AS MATERIALIZED (
      SELECT t.id, CAST(round(1e9 + 1e9 * p.popularity) AS INTEGER) AS score
      FROM track_popularity p CROSS JOIN tracks t ON t.id = p.track_id ${joined} WHERE ${where}),
    others AS MATERIALIZED (
      SELECT t.id, 1000000000 AS score FROM tracks t ${joined}
      WHERE ${where} AND t.id NOT IN (SELECT id FROM popular) LIMIT ${MOST_RANKED} + 1),
    ranked AS MATERIALIZED (SELECT * FROM popular UNION ALL SELECT * FROM others)`;
}
