import { FUZZY, type Relevance, TEXT } from "./queries.ts";

/** One query's first right hit: 1 when it is the first hit, 0 when it is none of the first ten. */
interface Judged extends Relevance {
  readonly mode: "text" | "fuzzy";
  readonly rank: number | null;
}

interface Hit {
  readonly name: string;
  readonly artist_name: string | null;
  readonly album_title: string | null;
}

const LOOKED_AT = 10;

/** Asks a server over the sample catalogue every query of the table. */
export async function judge(url: string): Promise<readonly Judged[]> {
  const judged: Judged[] = [];
  for (const [mode, queries] of [["text", TEXT] as const, ["fuzzy", FUZZY] as const]) {
    for (const wanted of queries) {
      const parameters = new URLSearchParams({ q: wanted.q, mode, limit: String(LOOKED_AT) });
      const response = await fetch(`${url}/v1/search?${parameters}`);
      if (!response.ok) throw new Error(`${wanted.q}: expected 200, got ${response.status}`);
      const { data } = (await response.json()) as { data: readonly Hit[] };
      const at = data.findIndex((hit) => isRight(hit, wanted));
      judged.push({ ...wanted, mode, rank: at === -1 ? null : at + 1 });
    }
  }
  return judged;
}

const isRight = (hit: Hit, { name, artist, album }: Relevance): boolean =>
  (name === undefined || hit.name === name) &&
  (artist === undefined || hit.artist_name === artist) &&
  (album === undefined || hit.album_title === album);

/** The mean of the reciprocal ranks. */
export function mrr(judged: readonly Judged[], mode: Judged["mode"]): number {
  const ranks = judged.filter((one) => one.mode === mode).map(({ rank }) => (rank === null ? 0 : 1 / rank));
  return ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length;
}
