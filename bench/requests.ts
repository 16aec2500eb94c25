import { isDeepStrictEqual } from "node:util";
import type { Catalogue } from "./databases.ts";

export interface Request {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
}

/** A stream of requests, and how to tell whether an answer is right. */
export interface Traffic {
  readonly requests: (catalogue: Catalogue) => readonly Request[];
  /**
   * @param constant whether the server answers each request with what belongs to the first.
   * @returns whether the parsed body is the right answer to the n-th request.
   */
  readonly right: (body: unknown, n: number, catalogue: Catalogue, constant: boolean) => boolean;
}

const trackPath = (id: number): Request => ({ method: "GET", path: `/v1/tracks/${id}` });

const sameTrack: Traffic["right"] = (body, n, { tracks, track }, constant) =>
  isDeepStrictEqual(body, track(tracks[constant ? 0 : n]!));

interface Play {
  readonly id?: unknown;
  readonly track_id?: unknown;
  readonly played_at?: unknown;
}

/** Days that a window of the scan reaches back: past every play there is, so that each scan reads them all. */
const WINDOWS = Array.from({ length: 64 }, (_, i) => 301 + i);

export const TRAFFIC = {
  "one-track": { requests: ({ tracks }) => [trackPath(tracks[0]!)], right: sameTrack },
  "all-tracks": { requests: ({ tracks }) => tracks.map(trackPath), right: sameTrack },
  plays: {
    requests: ({ tracks }) =>
      tracks.map((id) => ({ method: "POST", path: "/v1/plays", body: `{"track_id":${id}}` })),
    right: (body, n, { tracks }, constant) => {
      const { id, track_id, played_at } = body as Play;
      const kept = constant || (Number.isInteger(id) && typeof played_at === "string");
      return track_id === tracks[n] && kept;
    },
  },
  // Windows differ so that nobody can share one scan among several clients.
  scans: {
    requests: () => WINDOWS.map((days) => ({ method: "GET", path: `/v1/charts/artists?window=${days}d` })),
    right: (body, _n, { chart }) => isDeepStrictEqual(body, chart()),
  },
} as const satisfies Record<string, Traffic>;

export type TrafficName = keyof typeof TRAFFIC;
