import { Answers } from "../../engine/reads/answers.ts";
import { COVERAGE_READ } from "./upkeep.ts";

/** For the gauge: undefined if the lane is overloaded. */
export async function ftsCoverageOf(answers: Pick<Answers, "cached" | "fetch">): Promise<number | undefined> {
  const key = Answers.key(COVERAGE_READ, {});
  const entry = answers.cached(COVERAGE_READ, key);
  if (entry !== undefined) return Number(entry.body);
  const found = await answers.fetch(COVERAGE_READ, {}, key).catch(() => null);
  return found === null ? undefined : Number(found.entry.body);
}
