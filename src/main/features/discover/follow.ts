import { setTimeout as delay } from "node:timers/promises";
import { COMPUTED_KINDS } from "../../../shared/embedders/embedder.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import type { Jobs } from "../jobs/feature.ts";
import { statsOf } from "./coverage.ts";
import type { VectorStats } from "./vector-reads.ts";

/** Polling interval in milliseconds. Each poll counts the vectors of the whole catalogue. */
const POLL_MS = 1_000;

export const waiting = ({ spreads, kinds }: VectorStats): number =>
  spreads + COMPUTED_KINDS.reduce((sum, kind) => sum + kinds[kind].pending + kinds[kind].processing, 0);

const made = ({ kinds }: VectorStats): number =>
  COMPUTED_KINDS.reduce((sum, kind) => sum + kinds[kind].completed, 0);

let following = false;

/** Shows the requested generation as a job until nothing is due. A request meanwhile joins the same job. */
export function follow(jobs: Pick<Jobs, "run">, answers: Answers, closing: AbortSignal): void {
  if (following) return;
  following = true;
  const work = async (report: (report: { done: number; total: number }) => void) => {
    let now = await statsOf(answers);
    for (const before = made(now); waiting(now) > 0; now = await statsOf(answers)) {
      const done = Math.max(0, made(now) - before);
      report({ done, total: done + waiting(now) });
      await delay(POLL_MS, undefined, { signal: closing });
    }
    return { coverage: now.coverage };
  };
  jobs
    .run("vectors.generate", work)
    .catch(() => {})
    .finally(() => {
      following = false;
    });
}
