import { get, request } from "./api.ts";
import { may, session } from "./session.ts";
import { store } from "./store.ts";
import type { Page } from "./types.ts";

export type MarkedKind = "tracks" | "albums" | "artists";

/** One's favourites and ratings, by `kind:id`. Undefined until they are read. */
export interface Marks {
  readonly favourites: ReadonlySet<string>;
  readonly stars: ReadonlyMap<string, number>;
}

export const marks = store<Marks | undefined>(undefined);

export const keyOf = (kind: MarkedKind, id: number): string => `${kind}:${id}`;

/** The API says of no single thing whether it is marked: lists are read, up to this many of each. */
const MOST = 1_000;
let readFor: number | null | undefined;

/** Reads them for whoever is signed in, once. */
export async function readMarks(): Promise<void> {
  const { person } = session.get();
  const owner = person?.id ?? null;
  if (readFor === owner || !may("listen")) return;
  readFor = owner;
  marks.set(undefined);
  try {
    const favourites = await all<{ kind: MarkedKind; id: number }>("/v1/favourites");
    const ratings = await all<{ kind: MarkedKind; id: number; stars: number }>("/v1/ratings");
    marks.set({
      favourites: new Set(favourites.map(({ kind, id }) => keyOf(kind, id))),
      stars: new Map(ratings.map(({ kind, id, stars }) => [keyOf(kind, id), stars])),
    });
  } catch {
    readFor = undefined;
  }
}

async function all<T>(path: string): Promise<readonly T[]> {
  const items: T[] = [];
  for (let next: string | null = ""; next !== null && items.length < MOST; ) {
    const page: Page<T> = await get<Page<T>>(`${path}?limit=100${next === "" ? "" : `&cursor=${next}`}`);
    items.push(...page.data);
    next = page.next;
  }
  return items;
}

/** @throws Problem. */
export async function setFavourite(kind: MarkedKind, id: number, wanted: boolean): Promise<void> {
  await request(`/v1/favourites/${kind}/${id}`, { method: wanted ? "PUT" : "DELETE" });
  const now = marks.get();
  if (now === undefined) return;
  const favourites = new Set(now.favourites);
  if (wanted) favourites.add(keyOf(kind, id));
  else favourites.delete(keyOf(kind, id));
  marks.set({ ...now, favourites });
}

/** @param given 1 to 5; null takes the rating back. @throws Problem. */
export async function setStars(kind: MarkedKind, id: number, given: number | null): Promise<void> {
  const path = `/v1/ratings/${kind}/${id}`;
  await (given === null
    ? request(path, { method: "DELETE" })
    : request(path, { method: "PUT", body: { stars: given } }));
  const now = marks.get();
  if (now === undefined) return;
  const stars = new Map(now.stars);
  if (given === null) stars.delete(keyOf(kind, id));
  else stars.set(keyOf(kind, id), given);
  marks.set({ ...now, stars });
}
