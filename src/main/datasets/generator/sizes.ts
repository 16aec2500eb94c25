/** The sizes of a store with a given number of tracks, scaled from a store of 3,503 tracks. */
export interface Sizes {
  readonly tracks: number;
  readonly playlists: number;
  readonly customers: number;
  readonly invoices: number;
  readonly plays: number;
}

const SMALL_STORE = 3503;
const MOST_PLAYS = 1_000_000;
const INVOICES_EACH = 7;

export const EMPLOYEES = 8;
/** Averages that result from the plan. Used only for estimates. */
const TRACKS_PER_ALBUM = 10.4;
const TRACKS_PER_ARTIST = 13.6;
const LINES_PER_INVOICE = 5.4;
const ENTRIES_PER_PLAYLIST = 470;

export function sizesOf(tracks: number): Sizes {
  const scale = tracks / SMALL_STORE;
  const customers = clamp(Math.round(59 * scale ** 0.8), 2, 50_000);
  return {
    tracks,
    playlists: clamp(Math.round(18 * Math.sqrt(scale)), 1, 300),
    customers,
    invoices: customers * INVOICES_EACH,
    plays: Math.min(tracks * 3, MOST_PLAYS),
  };
}

/** The number of all rows, accurate to a few per cent for all but the smallest stores. */
export function estimateRows({ tracks, playlists, customers, invoices, plays }: Sizes): number {
  const catalogue = tracks * (1 + 1 / TRACKS_PER_ALBUM + 1 / TRACKS_PER_ARTIST) + 30;
  const entries = playlists * (1 + Math.min(ENTRIES_PER_PLAYLIST, tracks / 2));
  return Math.round(catalogue + entries + EMPLOYEES + customers + invoices * (1 + LINES_PER_INVOICE) + plays);
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
