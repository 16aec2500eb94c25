import type { Hit, Judged } from "./drawn.ts";
import { FUZZY, type Relevance, TEXT } from "./queries.ts";

/** The rank of a query's first correct hit: 1 is the first hit; null if none of the first ten is correct. */
export interface Outcome {
  readonly kind: string;
  readonly half: "tuning" | "held-out";
  readonly q: string;
  readonly rank: number | null;
}

export interface Figures {
  readonly queries: number;
  /** Mean reciprocal rank. */
  readonly mrr: number;
  /** Shares of queries whose first correct hit is the first, and among the first five. */
  readonly first: number;
  readonly five: number;
}

const EXAMINED = 10;
const AT_ONCE = 8;

/** Hand-written queries, for the upstream sample only. */
export const HAND: readonly Judged[] = [
  ...TEXT.map((wanted, i) => byHand("by hand", wanted, i)),
  ...FUZZY.map((wanted, i) => byHand("by hand, misspelt", wanted, i)),
];

function byHand(kind: string, wanted: Relevance, i: number): Judged {
  const isRight = (hit: Hit) => agrees(hit, wanted);
  return { kind, q: wanted.q, half: i % 2 === 0 ? "tuning" : "held-out", isRight };
}

const agrees = (hit: Hit, { name, artist, album }: Relevance): boolean =>
  (name === undefined || hit.name === name) &&
  (artist === undefined || hit.artist_name === artist) &&
  (album === undefined || hit.album_title === album);

/** Sends every query to a server. @param mode of the search; the server's default without it. */
export async function judge(
  url: string,
  queries: readonly Judged[],
  mode?: string,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const client = async () => {
    for (let at = next++; at < queries.length; at = next++)
      outcomes[at] = await outcomeOf(url, queries[at]!, mode);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return outcomes;
}

async function outcomeOf(url: string, judged: Judged, mode: string | undefined): Promise<Outcome> {
  const { kind, half, q } = judged;
  const parameters = new URLSearchParams({ q, limit: String(EXAMINED), ...(mode && { mode }) });
  const response = await fetch(`${url}/v1/search?${parameters}`);
  const { data = [] } = (await response.json()) as { data?: readonly Hit[] };
  return { kind, half, q, rank: rankIn(data, judged) };
}

function rankIn(hits: readonly Hit[], { isRight, all }: Judged): number | null {
  if (all) return hits.length > 0 && hits.every(isRight) ? 1 : null;
  const at = hits.findIndex(isRight);
  return at === -1 ? null : at + 1;
}

export function figuresOf(outcomes: readonly Outcome[]): Figures {
  const share = (test: (rank: number) => number) =>
    outcomes.reduce((sum, { rank }) => sum + (rank === null ? 0 : test(rank)), 0) / outcomes.length;
  return {
    queries: outcomes.length,
    mrr: share((rank) => 1 / rank),
    first: share((rank) => Number(rank === 1)),
    five: share((rank) => Number(rank <= 5)),
  };
}

/** By class and half. */
export function table(outcomes: readonly Outcome[]): Record<string, Record<string, Figures>> {
  const kinds = Map.groupBy(outcomes, ({ kind }) => kind);
  return Object.fromEntries(
    [...kinds].map(([kind, some]) => {
      const halves = Map.groupBy(some, ({ half }) => half);
      return [kind, Object.fromEntries([...halves].map(([half, part]) => [half, figuresOf(part)]))];
    }),
  );
}
