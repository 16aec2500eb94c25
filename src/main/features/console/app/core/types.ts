/** What the API answers, as far as the console reads it. /openapi.json has all of it. */

export interface Page<T> {
  readonly data: readonly T[];
  readonly next: string | null;
  readonly total?: number;
}

export interface Artist {
  readonly id: number;
  readonly name: string;
}

export interface Album {
  readonly id: number;
  readonly title: string;
  readonly artist_id: number;
  readonly artist_name: string;
  readonly release_date: string | null;
}

export interface Genre {
  readonly id: number;
  readonly name: string;
}

export interface Track {
  readonly id: number;
  readonly name: string;
  readonly album_id: number | null;
  readonly album_title: string | null;
  readonly artist_id: number | null;
  readonly artist_name: string | null;
  readonly genre_id: number | null;
  readonly genre_name: string | null;
  readonly media_type_name: string;
  readonly composer: string | null;
  readonly disc_number: number | null;
  readonly track_number: number | null;
  readonly milliseconds: number;
  readonly bytes: number | null;
  readonly unit_price: number;
}

export interface Playlist {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly owner_id: number | null;
  readonly owner_name: string | null;
  readonly visibility: "private" | "unlisted" | "public";
  readonly track_count: number;
  readonly milliseconds: number;
}

export type PlaylistTrack = Track & { readonly entry_id: number; readonly position: number };

/** HTML in which `<mark>` is the only element. */
export type Highlights = Readonly<Record<string, string | null>>;

export interface Hit {
  readonly highlights: Highlights;
  readonly match?: "exact" | "approximate";
}

export interface FacetValue {
  readonly id: number;
  readonly name: string;
  readonly count: number;
}

export type FacetName = "genre" | "artist" | "decade";

export interface SearchAnswer extends Page<Track & Hit> {
  readonly artists?: Page<Artist & Hit>;
  readonly albums?: Page<Album & Hit>;
  readonly playlists?: Page<Playlist & Hit>;
  readonly facets?: Readonly<Partial<Record<FacetName, readonly FacetValue[]>>>;
  readonly did_you_mean?: string | null;
  readonly corrected?: Readonly<Record<string, string>>;
  /** `total` counts the hits that were looked at; there are more. */
  readonly bounded: boolean;
}

export type Charted<T> = T & { readonly rank: number; readonly plays: number };
