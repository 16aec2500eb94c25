import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type Failure, toFailure } from "../../../../shared/errors.ts";
import { type IntegrityReport, LOOKS, type LookName, steps } from "./look.ts";

/**
 * A process that looks through the database once and ends.
 *
 * It is a process and no thread because a step is one call of SQLite's that cannot be interrupted, and may take long
 * on a large table: a process can be ended at any moment, and so it is when the server goes. Everything else runs
 * before it, and it rests longer than it works.
 */
export type IntegrityMessage = { readonly report: IntegrityReport } | { readonly failure: Failure };

/** Added to its niceness: the most there is. */
const NICE = 19;
/** How many times as long as it worked it rests, and the longest rest in milliseconds. */
const REST = 4;
const LONGEST_REST_MS = 30_000;
const MOST_NAMED = 5;

async function lookThrough(file: string): Promise<IntegrityReport> {
  const began = performance.now();
  const faults = Object.fromEntries(LOOKS.map((name) => [name, [] as string[]])) as Record<
    LookName,
    string[]
  >;
  let stepped = began;
  for (const step of steps(file)) {
    faults[step.look].push(...step.faults);
    await delay(Math.min(LONGEST_REST_MS, REST * (performance.now() - stepped)));
    stepped = performance.now();
  }
  const looks = LOOKS.map((name) => [name, { faults: faults[name].slice(0, MOST_NAMED) }]);
  const seconds = (performance.now() - began) / 1_000;
  return { ...Object.fromEntries(looks), at: new Date().toISOString(), seconds };
}

const send = (message: IntegrityMessage): Promise<void> =>
  new Promise((resolve) => process.send!(message, () => resolve()));

async function work(file: string): Promise<void> {
  try {
    await send({ report: await lookThrough(file) });
  } catch (error) {
    await send({ failure: toFailure(error) });
  }
  process.disconnect();
}

process.on("disconnect", () => process.exit());
setPriority(NICE);
process.once("message", ({ file }: { readonly file: string }) => void work(file));
