/** Attributes by which found tracks can be counted. */
export const FACETS = ["genre", "artist", "decade"] as const;
export type Facet = (typeof FACETS)[number];

/** Maximum values returned of a facet: those with most tracks. */
const MOST_VALUES = 20;

const KEY = `CASE facet.value WHEN 'genre' THEN t.genre_id WHEN 'artist' THEN al.artist_id
  ELSE 10 * CAST(substr(al.release_date, 1, 3) AS INTEGER) END`;
const NAME = `CASE facet WHEN 'genre' THEN (SELECT name FROM genres WHERE genres.id = key)
  WHEN 'artist' THEN (SELECT name FROM artists WHERE artists.id = key) ELSE key || 's' END`;

/**
 * SQL of the answer's member `facets`, as text that begins with a comma: for each requested facet, the number
 * of ranked tracks (the array `ids`) by value. A track without a value is not counted.
 */
export const FACETS_SQL = `',"facets":', (
  SELECT json_patch(likely(@no_facets), json_group_object(facet, json(counts))) FROM (
    SELECT facet, json_group_array(json_object('id', key, 'name', ${NAME}, 'count', tracks)) AS counts FROM (
      SELECT facet, key, count(*) AS tracks, row_number() OVER (PARTITION BY facet ORDER BY count(*) DESC, key) AS nth
      FROM (SELECT facet.value AS facet, ${KEY} AS key
        FROM json_each(ids) found CROSS JOIN tracks t ON t.id = found.value LEFT JOIN albums al ON al.id = t.album_id
          CROSS JOIN json_each(likely(@facets)) facet)
      WHERE key IS NOT NULL GROUP BY facet, key ORDER BY nth)
    WHERE nth <= ${MOST_VALUES} GROUP BY facet))`;

export const facetParams = (facets: readonly Facet[]): Readonly<Record<string, string>> => ({
  facets: JSON.stringify(facets),
  no_facets: JSON.stringify(Object.fromEntries(facets.map((facet) => [facet, []]))),
});
