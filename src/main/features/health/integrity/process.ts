import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Failure, toFailure } from "../../../../shared/errors.ts";
import { CHECKS, type CheckName, type IntegrityReport, steps } from "./steps.ts";

/**
 * A process that checks the database once and ends.
 *
 * It is a process, not a thread, because each step is one SQLite call that can't be interrupted and may take
 * long on a large table: a process can be killed at any time, and is when the server ends. It has the lowest
 * priority, and rests longer than it works.
 */
export type IntegrityMessage = { readonly report: IntegrityReport } | { readonly failure: Failure };

/** Added to the process's niceness: the maximum. */
const NICE = 19;
/** Ratio of rest to work, and the longest rest in milliseconds. */
const REST = 4;
const LONGEST_REST_MS = 30_000;
const MOST_NAMED = 5;

async function checkAll(file: string): Promise<IntegrityReport> {
  const began = performance.now();
  const faults = Object.fromEntries(CHECKS.map((name) => [name, [] as string[]])) as Record<
    CheckName,
    string[]
  >;
  let stepped = began;
  for (const step of steps(file)) {
    faults[step.check].push(...step.faults);
    await delay(Math.min(LONGEST_REST_MS, REST * (performance.now() - stepped)));
    stepped = performance.now();
  }
  const checks = CHECKS.map((name) => [name, { faults: faults[name].slice(0, MOST_NAMED) }]);
  const seconds = (performance.now() - began) / 1_000;
  return { ...Object.fromEntries(checks), at: new Date().toISOString(), seconds };
}

const send = (message: IntegrityMessage): Promise<void> =>
  new Promise((resolve) => process.send!(message, () => resolve()));

async function work(file: string): Promise<void> {
  try {
    await send({ report: await checkAll(file) });
  } catch (error) {
    await send({ failure: toFailure(error) });
  }
  process.disconnect();
}

process.on("disconnect", () => process.exit());
setPriority(NICE);
process.once("message", ({ file }: { readonly file: string }) => void work(file));
