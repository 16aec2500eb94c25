import { urlWith } from "./router.ts";

/** The console's pages by what they show. */
export const links = {
  artist: (id: number | string) => `/console/artists/${id}`,
  album: (id: number | string) => `/console/albums/${id}`,
  track: (id: number | string) => `/console/tracks/${id}`,
  genre: (id: number | string) => `/console/genres/${id}`,
  playlist: (id: number | string) => `/console/playlists/${id}`,
  search: (q: string, more: Readonly<Record<string, string | number | null>> = {}) =>
    urlWith("/console/search", { q, ...more }),
} as const;
