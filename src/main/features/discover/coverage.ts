import { VECTOR_KINDS, type VectorKind } from "../../../shared/embedders/embedder.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { VECTOR_STATS_READ, type VectorStats } from "./vector-reads.ts";

export type Coverage = Readonly<Record<VectorKind, number>>;

/** Share of tracks with a vector, by kind; 1 for an empty catalogue. */
export const coverageIn = ({ tracks, kinds }: VectorStats): Coverage =>
  Object.fromEntries(
    VECTOR_KINDS.map((kind) => [kind, tracks === 0 ? 1 : kinds[kind].completed / tracks]),
  ) as Coverage;

export async function statsOf(
  answers: Pick<Answers, "fetch">,
): Promise<VectorStats & { coverage: Coverage }> {
  const found = await answers.fetch(VECTOR_STATS_READ, {}, Answers.key(VECTOR_STATS_READ, {}));
  const stats = JSON.parse(found!.entry.body) as VectorStats;
  return { ...stats, coverage: coverageIn(stats) };
}

/** For the gauge. If the lane is overloaded, the scrape omits it. */
export async function coverageOf(answers: Pick<Answers, "fetch">): Promise<Partial<Coverage>> {
  try {
    return (await statsOf(answers)).coverage;
  } catch {
    return {};
  }
}
