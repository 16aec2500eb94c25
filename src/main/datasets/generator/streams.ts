/** The streams of random numbers: each purpose has its own. */
export const STREAM = {
  plan: 1,
  artistIds: 2,
  albumIds: 3,
  trackIds: 4,
  album: 5,
  members: 6,
  shelves: 7,
  playlists: 8,
  people: 9,
  invoices: 10,
  invoice: 11,
  tastes: 12,
  plays: 13,
} as const;

/** Kinds of albums. A plan stores the index. */
export const KINDS = ["studio", "live", "compilation", "ep"] as const;
export type Kind = (typeof KINDS)[number];
