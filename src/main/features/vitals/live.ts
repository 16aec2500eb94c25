import { setTimeout as delay } from "node:timers/promises";
import { AppError } from "../../../shared/errors.ts";
import { request } from "../../cli/database.ts";
import type { Counters } from "./counters.ts";
import { type Health, type Sample, sampleOf } from "./sample.ts";

type Answer = Counters & { readonly health: Health };

/** A sample, or the reason why there is none; `uptime` in seconds. */
export type Poll = { readonly sample: Sample; readonly uptime: number } | { readonly error: AppError };

/**
 * Polls a running server at an interval, endlessly; the first sample comes after the first interval. After a
 * restart of the server a new interval begins.
 */
export async function* polls(server: string, seconds: number, signal: AbortSignal): AsyncGenerator<Poll> {
  let before: Answer | undefined;
  while (!signal.aborted) {
    const asked = performance.now();
    const now = await ask(server);
    if (now instanceof AppError) yield { error: now };
    else if (before !== undefined && before.steady < now.steady)
      yield { sample: sampleOf(before, now, now.health), uptime: now.uptime_seconds };
    before = now instanceof AppError ? undefined : now;
    const rest = Math.max(0, seconds * 1_000 - (performance.now() - asked));
    await delay(rest, undefined, { signal }).catch(() => {});
  }
}

async function ask(server: string): Promise<Answer | AppError> {
  try {
    return JSON.parse(await request(server, "GET", "/admin/counters")) as Answer;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}
