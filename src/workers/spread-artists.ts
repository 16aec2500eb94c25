/** Tracks per page. */
const PAGE = 10;
/** Most tracks of one artist per page, as long as others are left. */
const MOST = 2;
/**
 * The penalty of a track whose genre fills the whole list, as a share of the best score. A tenth costs no
 * held-out play; twice that does (DESIGN.md of the feature `discover`).
 */
const PENALTY = 0.1;

/** A track with its artist (null: an artist of its own); with genre and score to spread genres, too. */
export type Candidate = readonly [
  id: number,
  artist: number | null,
  genre?: number | null | undefined,
  score?: number | undefined,
];

/**
 * Orders tracks, best first, by maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998): each place
 * goes to the track with the best score after a penalty for its genre's share of the places before, whose
 * artist has room on the page of ten. If no artist has room, the best remaining track is taken.
 *
 * @param tracks best first; without scores their order is kept, except for the rule about artists.
 * @param most places to fill; the remaining tracks are dropped.
 */
export function spreadArtists(tracks: readonly Candidate[], most = tracks.length): number[] {
  const left = [...tracks];
  const order: number[] = [];
  const genres = new Map<number, number>();
  let onPage = new Map<number, number>();
  const best = tracks[0]?.[3] || 1;
  const worthOf = ([, , genre, score = 0]: Candidate) =>
    score / best - (PENALTY * (genre == null ? 0 : (genres.get(genre) ?? 0))) / Math.max(1, order.length);
  while (left.length > 0 && order.length < most) {
    if (order.length % PAGE === 0) onPage = new Map();
    const roomy = ([, artist]: Candidate) => artist === null || (onPage.get(artist) ?? 0) < MOST;
    const [[id, artist, genre]] = left.splice(bestOf(left, roomy, worthOf), 1) as [Candidate];
    if (artist !== null) onPage.set(artist, (onPage.get(artist) ?? 0) + 1);
    if (genre != null) genres.set(genre, (genres.get(genre) ?? 0) + 1);
    order.push(id);
  }
  return order;
}

/** The index of the first of the best that pass; 0 if none does. */
function bestOf(
  tracks: readonly Candidate[],
  passes: (track: Candidate) => boolean,
  worthOf: (track: Candidate) => number,
): number {
  let [found, value] = [0, Number.NEGATIVE_INFINITY];
  tracks.forEach((track, i) => {
    if (!passes(track) || worthOf(track) <= value) return;
    [found, value] = [i, worthOf(track)];
  });
  return found;
}
