import { wordsOf } from "../src/shared/words.ts";
import type { Catalogue } from "./catalogue.ts";
import { randoms, zipf } from "./random.ts";
import { cursorAt } from "./servers/executor.ts";
import { LOGIN } from "./servers/identity.ts";

export interface Request {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly body?: string;
  /** Requests of a kind are also counted separately, if the load generator can. */
  readonly kind?: string;
}

/** A stream of requests over a catalogue. The same catalogue gives the same stream. */
export type Traffic = (catalogue: Catalogue) => readonly Request[];

/** Requests of a generated stream before it repeats. */
const LENGTH = 4_000;
/** The same if the number of distinct requests matters: more than 10 MB of answers in a large catalogue. */
const LONG_LENGTH = 50_000;
/** Days of a scan's window: more than the age of any play, so that each scan reads all. */
const WINDOWS = Array.from({ length: 64 }, (_, i) => 301 + i);

/** Hours of charts' windows: from one day to most of the plays. */
const HOURS = Array.from({ length: 64 }, (_, i) => 24 + 111 * i);

const get = (path: string, kind?: string): Request => ({ method: "GET", path, ...(kind ? { kind } : {}) });
const track = (id: number): Request => get(`/v1/tracks/${id}`);
const play = (id: number, kind?: string): Request => ({
  method: "POST",
  path: "/v1/plays",
  body: `{"track_id":${id}}`,
  ...(kind ? { kind } : {}),
});

/** An evenly spaced sample of at most `count` items. */
function spread<T>(items: readonly T[], count: number): T[] {
  const stride = Math.max(1, items.length / count);
  return Array.from({ length: Math.min(count, items.length) }, (_, i) => items[Math.floor(i * stride)]!);
}

/** Plays per request. */
const ARRAY = 1_000;
const ARRAYS = 60;
const DAY_MS = 86_400_000;

/** Arrays of plays by many users over three hundred days. Each play touches other pages of the indexes. */
const playArrays: Traffic = ({ tracks }) => {
  const random = randoms(3);
  const began = Date.parse("2026-01-01T00:00:00Z");
  const one = () => ({
    track_id: tracks[Math.floor(random() * tracks.length)],
    user_id: 1 + Math.floor(random() * 1_000),
    played_at: new Date(began + Math.floor(random() * 300 * DAY_MS)).toISOString(),
  });
  return Array.from({ length: ARRAYS }, () => ({
    method: "POST",
    path: "/v1/plays",
    body: JSON.stringify(Array.from({ length: ARRAY }, one)),
  }));
};

/** This percentage is writes, evenly spread. */
const mixed =
  (writes: number): Traffic =>
  ({ tracks }) => {
    const ids = spread(tracks, LENGTH);
    const due = (i: number) => Math.floor(((i + 1) * writes) / 100) > Math.floor((i * writes) / 100);
    return ids.map((id, i) => (due(i) ? play(id, "write") : { ...track(id), kind: "read" }));
  };

/** All clients read one track while it changes. Each change invalidates its cached answer. */
const hotKey: Traffic = ({ tracks }) => {
  const id = tracks[0]!;
  return Array.from({ length: 100 }, (_, i) =>
    i % 20 === 19
      ? { method: "PATCH", path: `/v1/tracks/${id}`, body: `{"composer":"Load ${i}"}`, kind: "write" }
      : { ...track(id), kind: "read" },
  );
};

/** Each changes another track. */
const changes: Traffic = ({ tracks }) =>
  spread(tracks, LENGTH).map((id, i) => ({
    method: "PATCH",
    path: `/v1/tracks/${id}`,
    body: `{"composer":"Load ${i}"}`,
  }));

/**
 * The first account's plays: on a server that knows who asks, a play is the asker's. Where nobody is known it must say
 * so, or it would be nobody's, in one index less.
 */
const ownPlays: Traffic = ({ tracks }) =>
  spread(tracks, LENGTH).map((id) => ({
    method: "POST",
    path: "/v1/plays",
    body: `{"track_id":${id},"user_id":${FIRST_ACCOUNT}}`,
  }));
const FIRST_ACCOUNT = 1_000_001;

const logins: Traffic = () => [{ method: "POST", path: "/v1/sessions", body: LOGIN }];

/** A query for a track: one or two words of its name. */
const wordsFor = (name: string): string => wordsOf(name).slice(0, 2).join(" ");

const searchPath = (q: string): string => `/v1/search?${new URLSearchParams({ q })}`;

const searches: Traffic = ({ titles }) =>
  spread(titles, LENGTH)
    .map(({ name }) => wordsFor(name))
    .filter((q) => q.length > 2)
    .map((q) => get(searchPath(q)));

const suggestions: Traffic = ({ titles }) =>
  spread(titles, LENGTH)
    .map(({ name }, i) => name.slice(0, 2 + (i % 4)).trim())
    .filter((q) => [...q].length >= 2 && /^[\p{L}\d ]+$/u.test(q))
    .map((q) => get(`/v1/search/suggestions?${new URLSearchParams({ q })}`));

/** The five steps of a session. Popular tracks are played most. */
export const SESSION_STEPS = ["search", "track", "album", "similar", "play"] as const;

const sessions: Traffic = ({ titles }) => {
  const next = zipf(titles, randoms(1));
  return Array.from({ length: LENGTH / 4 }, next).flatMap(({ id, album, name }) => [
    get(searchPath(wordsFor(name) || "love"), "search"),
    get(`/v1/tracks/${id}`, "track"),
    get(`/v1/albums/${album}`, "album"),
    get(`/v1/tracks/${id}/similar?by=metadata&limit=10`, "similar"),
    play(id, "play"),
  ]);
};

export const TRAFFIC = {
  "one-track": ({ tracks }) => [track(tracks[0]!)],
  "all-tracks": ({ tracks }) => spread(tracks, 20_000).map(track),
  "popular-tracks": ({ tracks }) => {
    const next = zipf(tracks, randoms(2));
    return Array.from({ length: LONG_LENGTH }, () => track(next()));
  },
  lists: ({ tracks }) =>
    spread(tracks, 1_000).map((id) => get(`/v1/tracks?limit=20&cursor=${cursorAt("id", id)}`)),
  search: searches,
  suggestions,
  similar: ({ tracks }) =>
    spread(tracks, 1_000).map((id) => get(`/v1/tracks/${id}/similar?by=metadata&limit=10`)),
  charts: () => HOURS.map((hours) => get(`/v1/charts/artists?window=${hours}h`)),
  // Different windows prevent coalescing.
  scans: () => WINDOWS.map((days) => get(`/v1/charts/artists?window=${days}d`)),
  plays: ({ tracks }) => spread(tracks, LENGTH).map((id) => play(id)),
  "own-plays": ownPlays,
  "play-arrays": playArrays,
  "mixed-95-5": mixed(5),
  "mixed-80-20": mixed(20),
  "mixed-50-50": mixed(50),
  "hot-key": hotKey,
  changes,
  logins,
  sessions,
} as const satisfies Record<string, Traffic>;

export type TrafficName = keyof typeof TRAFFIC;
