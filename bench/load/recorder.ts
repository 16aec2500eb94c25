import { readFileSync } from "node:fs";
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { createInterface } from "node:readline";
import type { Request } from "../traffic.ts";
import {
  type Job,
  type KindShot,
  type Percentiles,
  REFUSED,
  type Slice,
  TIMEOUT_SECONDS,
} from "./generator.ts";

/** This process's job, from its command line. */
export const job = JSON.parse(process.argv[2]!) as Job;

export const readRequests = (): Request[] =>
  readFileSync(job.requests, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [method, path, body, kind] = line.split("\t");
      return {
        method: method as Request["method"],
        path: path!,
        ...(body ? { body } : {}),
        ...(kind ? { kind } : {}),
      };
    });

/** Node.js's HdrHistogram: microseconds with three significant figures, up to twice the timeout. */
const newHistogram = () => createHistogram({ highest: TIMEOUT_SECONDS * 2_000_000, figures: 3 });

const SLICE_MS = 250;

const latencies = newHistogram();
const lateness = newHistogram();
const kinds = new Map<string, RecordableHistogram>();
let slices: { requests: number; max_ms: number }[] = [];
let [requests, errors, refused, dropped] = [0, 0, 0, 0];
let began = performance.now();

export function answered(status: number, ms: number, kind?: string): void {
  requests++;
  if (status < 200 || status > 299) errors++;
  // Refusals are fast. In the percentiles they would look like fast answers.
  if (status === REFUSED) {
    refused++;
    return;
  }
  took(latencies, ms);
  if (kind !== undefined) took(histogramOf(kind), ms);
  countIn(Math.floor((performance.now() - began) / SLICE_MS), ms);
}

function countIn(index: number, ms: number): void {
  const { requests, max_ms } = slices[index] ?? { requests: 0, max_ms: 0 };
  slices[index] = { requests: requests + 1, max_ms: Math.max(max_ms, ms) };
}

export const failed = (): void => void errors++;

/** A request that was due and is not sent. */
export function drop(count: number): void {
  dropped += count;
}

/** The generator's own delay in sending a request. */
export const released = (lateMs: number): void => took(lateness, lateMs);

const took = (histogram: RecordableHistogram, ms: number): void =>
  histogram.record(Math.max(1, Math.round(ms * 1_000)));

function histogramOf(kind: string): RecordableHistogram {
  const known = kinds.get(kind) ?? newHistogram();
  kinds.set(kind, known);
  return known;
}

/**
 * Reads commands from standard input: `begin` starts a shot, `end` prints it as a line of JSON.
 *
 * @param outstanding the wait so far, in milliseconds, of each request in flight. They count with that wait:
 * leaving out the slowest would favour a server that answers nothing at all.
 * @param forget drops the backlog from before a shot.
 */
export function obey(outstanding: () => readonly number[] = () => [], forget = () => {}): void {
  const commands: Record<string, () => void> = {
    begin: () => {
      begin();
      forget();
    },
    end: () => process.stdout.write(`${JSON.stringify(report(outstanding()))}\n`),
  };
  createInterface({ input: process.stdin })
    .on("line", (line) => commands[line]?.())
    .on("close", () => process.exit(0));
  process.stdout.write("ready\n");
}

function begin(): void {
  [requests, errors, refused, dropped, began, slices] = [0, 0, 0, 0, performance.now(), []];
  latencies.reset();
  lateness.reset();
  for (const histogram of kinds.values()) histogram.reset();
}

function report(waiting: readonly number[]) {
  for (const ms of waiting) took(latencies, ms);
  return {
    requests,
    seconds: (performance.now() - began) / 1_000,
    errors,
    refused,
    unanswered: waiting.length,
    dropped: job.rate === undefined ? null : dropped,
    late_p99_ms: job.rate === undefined ? null : percentilesOf(lateness).p99_ms,
    ...percentilesOf(latencies),
    curve: curveOf(latencies),
    slices: wholeSlices(),
    kinds: kinds.size === 0 ? null : kindShots(),
  };
}

function percentilesOf(histogram: RecordableHistogram): Percentiles {
  const ms = (percentile: number) => (histogram.count === 0 ? 0 : histogram.percentile(percentile) / 1_000);
  return { p50_ms: ms(50), p90_ms: ms(90), p99_ms: ms(99), p999_ms: ms(99.9), max_ms: ms(100) };
}

/** Halves the remainder each time: 50, 75, 87.5, … */
const curveOf = (histogram: RecordableHistogram): [number, number][] =>
  [...histogram.percentiles].map(([percentile, us]) => [percentile, Number(us) / 1_000]);

/** The last slice is incomplete and left out. */
const wholeSlices = (): Slice[] =>
  Array.from({ length: Math.floor((performance.now() - began) / SLICE_MS) }, (_, i) => ({
    seconds: ((i + 1) * SLICE_MS) / 1_000,
    requests: slices[i]?.requests ?? 0,
    max_ms: slices[i]?.max_ms ?? 0,
  }));

const kindShots = (): Record<string, KindShot> =>
  Object.fromEntries(
    [...kinds].map(([kind, histogram]) => [kind, { requests: histogram.count, ...percentilesOf(histogram) }]),
  );
