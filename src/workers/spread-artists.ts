/** In any page of so many, an artist stands so often at the most. */
const PAGE = 10;
const MOST = 2;

/**
 * An order of tracks, best first, in which no page of ten holds more than two of an artist while there are others:
 * each place goes to the best that is left whose artist still has room on its page. When nobody has room, the best
 * that is left is taken all the same.
 *
 * @param tracks ids with the id of their artist (null: each such track counts as an artist of its own).
 */
export function spreadArtists(tracks: readonly (readonly [id: number, artist: number | null])[]): number[] {
  const left = [...tracks];
  const order: number[] = [];
  let onPage = new Map<number, number>();
  while (left.length > 0) {
    if (order.length % PAGE === 0) onPage = new Map();
    const roomy = left.findIndex(([, artist]) => artist === null || (onPage.get(artist) ?? 0) < MOST);
    const [[id, artist]] = left.splice(Math.max(0, roomy), 1) as [[number, number | null]];
    if (artist !== null) onPage.set(artist, (onPage.get(artist) ?? 0) + 1);
    order.push(id);
  }
  return order;
}
