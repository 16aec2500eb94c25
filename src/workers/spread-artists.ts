/** Tracks per page, and tracks of one artist in it at most. */
const PAGE = 10;
const MOST_OF_ARTIST = 2;

/**
 * Orders tracks, best first, so that no page of ten has more than two of an artist while there are others. Each
 * position gets the best remaining track whose artist has room on the page. If no artist has room, it gets the best
 * remaining one.
 *
 * @param tracks ids with the id of their artist (null: each such track counts as an artist of its own).
 */
export function spreadArtists(tracks: readonly (readonly [id: number, artist: number | null])[]): number[] {
  const left = [...tracks];
  const order: number[] = [];
  let onPage = new Map<number, number>();
  while (left.length > 0) {
    if (order.length % PAGE === 0) onPage = new Map();
    const roomy = left.findIndex(
      ([, artist]) => artist === null || (onPage.get(artist) ?? 0) < MOST_OF_ARTIST,
    );
    const [[id, artist]] = left.splice(Math.max(0, roomy), 1) as [[number, number | null]];
    if (artist !== null) onPage.set(artist, (onPage.get(artist) ?? 0) + 1);
    order.push(id);
  }
  return order;
}
