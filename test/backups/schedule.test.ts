import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Schedule } from "../../src/main/features/backups/schedule.ts";

const [MINUTE, HOUR] = [60_000, 3_600_000];

beforeEach(() => void vi.useFakeTimers({ now: new Date("2026-11-20T12:00:00Z") }));
afterEach(() => void vi.useRealTimers());

/** An hourly schedule, and when it made backups, in minutes after noon. */
async function hourly(last: number, make: () => Promise<void> = async () => {}) {
  const noon = Date.now();
  const made: number[] = [];
  const failed: unknown[] = [];
  const schedule = new Schedule({
    everyMs: HOUR,
    last: async () => last,
    make: () => {
      made.push((Date.now() - noon) / MINUTE);
      return make();
    },
    onFailure: (error) => failed.push(error),
  });
  await vi.advanceTimersByTimeAsync(0);
  return { made, failed, schedule };
}

test("without a backup, one is made at once and then every hour", async () => {
  const { made } = await hourly(Number.NaN);
  await vi.advanceTimersByTimeAsync(3 * HOUR);
  expect(made).toEqual([0, 60, 120, 180]);
});

test("after a restart, the next backup is due when the newest is an hour old", async () => {
  const { made } = await hourly(Date.now() - 20 * MINUTE);
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(made).toEqual([40, 100]);
});

test("a long overdue backup is made at once, and only once", async () => {
  const { made } = await hourly(Date.now() - 50 * HOUR);
  await vi.advanceTimersByTimeAsync(HOUR / 2);
  expect(made).toEqual([0]);
});

test("a clock set back delays the next backup by at most one interval", async () => {
  const { made } = await hourly(Date.now() + 1_000 * HOUR);
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(made).toEqual([60]);
});

test("a failed backup is reported and retried after five minutes", async () => {
  const { made, failed } = await hourly(Number.NaN, () => Promise.reject(new Error("full")));
  await vi.advanceTimersByTimeAsync(11 * MINUTE);
  expect(made).toEqual([0, 5, 10]);
  expect(failed).toHaveLength(3);
});

test("after close the schedule starts no backup and ignores a failure of the running one", async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  const { made, failed, schedule } = await hourly(Number.NaN, () => promise);
  schedule.close();
  reject(new Error("ended"));
  await vi.advanceTimersByTimeAsync(5 * HOUR);
  expect([made, failed]).toEqual([[0], []]);
});
