import { setTimeout as delay } from "node:timers/promises";
import { AppError, type ErrorCode } from "../../../shared/errors.ts";

/** Refusals after which nothing was written and a retry may succeed. */
const AGAIN = new Set<ErrorCode>(["write_timeout", "overloaded", "wal_full", "busy", "writer_lost"]);
const [AGAIN_MS, ATTEMPTS] = [500, 600];

/** For loads: a slow disk makes one slow but does not abort it. */
export async function patiently<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof AppError && AGAIN.has(error.code)) || attempt === ATTEMPTS) throw error;
      await delay(AGAIN_MS);
    }
  }
}
