import { setTimeout as delay } from "node:timers/promises";

const WATCH_MS = 250;

const exposition = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();

/** The sum of a metric's series; 0 when it has none yet. */
function sumOf(text: string, name: string): number {
  const lines = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, "gm"));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Requests that were turned away and writes that failed, SQLITE_BUSY among them. */
export async function busyCount(url: string): Promise<number> {
  const text = await exposition(url);
  return sumOf(text, "chinook_rejected_requests_total") + sumOf(text, "chinook_write_failures_total");
}

/** The largest write-ahead log that was seen until the promise settles. */
export async function watchWal(url: string, until: Promise<unknown>): Promise<number> {
  let largest = 0;
  let over = false;
  const end = until.finally(() => {
    over = true;
  });
  while (!over) {
    largest = Math.max(largest, sumOf(await exposition(url), "chinook_wal_bytes"));
    await Promise.race([end, delay(WATCH_MS)]);
  }
  return largest;
}
