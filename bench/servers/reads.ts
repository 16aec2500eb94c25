import type { AnyRead } from "../../src/main/engine/reads/read.ts";
import { CATALOGUE_READS, NESTED_READS } from "../../src/main/features/catalogue/reads.ts";
import { SIMILAR_READ } from "../../src/main/features/discover/similar.ts";
import { CHART_READS } from "../../src/main/features/listening/reads.ts";
import { SEARCH_READ } from "../../src/main/features/search/search.ts";
import { SUGGESTIONS_READ } from "../../src/main/features/search/suggestions.ts";

/** The routes of every server here, by the name of their read. All are GETs. */
export const SERVED = {
  "tracks.get": { path: "/v1/tracks/:id", read: CATALOGUE_READS.tracks.entity },
  "albums.get": { path: "/v1/albums/:id", read: CATALOGUE_READS.albums.entity },
  "tracks.list": { path: "/v1/tracks", read: CATALOGUE_READS.tracks.list },
  "albums.tracks": { path: "/v1/albums/:id/tracks", read: NESTED_READS.albumTracks },
  search: { path: "/v1/search", read: SEARCH_READ },
  "search.suggestions": { path: "/v1/search/suggestions", read: SUGGESTIONS_READ },
  "tracks.similar": { path: "/v1/tracks/:id/similar", read: SIMILAR_READ },
  "charts.artists": { path: "/v1/charts/artists", read: CHART_READS.artists },
} as const satisfies Record<string, { path: string; read: AnyRead }>;

export type ReadName = keyof typeof SERVED;

/** Validates parameters with the read's own schema, as the server does. */
export const paramsOf = (name: ReadName, given: Readonly<Record<string, string>>): object =>
  (SERVED[name].read as AnyRead).params.parse(given) as object;

/** The read and the parameters of a path. @throws Error for a path that no server here supports. */
export function readOf(path: string): { name: ReadName; params: object } {
  const { pathname, searchParams } = new URL(path, "http://localhost");
  for (const name of Object.keys(SERVED) as ReadName[]) {
    const pattern = new RegExp(`^${SERVED[name].path.replace(/:(\w+)/g, "(?<$1>\\d+)")}$`);
    const found = pattern.exec(pathname);
    if (found !== null)
      return { name, params: paramsOf(name, { ...Object.fromEntries(searchParams), ...found.groups }) };
  }
  throw new Error(`expected a path that the servers answer, got ${path}`);
}
