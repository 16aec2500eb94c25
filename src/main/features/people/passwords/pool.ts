import { Piscina } from "piscina";
import { AppError } from "../../../../shared/errors.ts";
import type { PasswordJob } from "../../../../shared/passwords.ts";
import { THREAD_LIMITS, threadUrl } from "../../../engine/threads.ts";

/** Jobs that may wait: some eight seconds of work. */
const MAX_WAITING = 200;
/** Added to the thread's niceness: requests get the processor first. */
const NICE = 10;
const IDLE_MS = 30_000;

/** The hash that an unknown account's password is compared with, which takes as long. No password has this hash. */
const NOBODYS =
  "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/**
 * Hashes and compares passwords one at a time, on its own thread. The thread ends when idle, which releases
 * argon2's memory.
 */
export class PasswordPool {
  readonly #pool = new Piscina<PasswordJob, string | boolean>({
    filename: threadUrl("../../../../workers/passwords", import.meta.url).href,
    minThreads: 0,
    maxThreads: 1,
    concurrentTasksPerWorker: 1,
    idleTimeout: IDLE_MS,
    recordTiming: false,
    niceIncrement: NICE,
    resourceLimits: THREAD_LIMITS,
  });

  /** @throws AppError `overloaded`. @returns a PHC string. */
  hash(password: string): Promise<string> {
    return this.#run({ password }) as Promise<string>;
  }

  /** Takes as long for an account that does not exist or has no password. @throws AppError `overloaded`. */
  async matches(password: string, against: string | null): Promise<boolean> {
    const same = await this.#run({ password, against: against ?? NOBODYS });
    return same === true && against !== null;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #run(job: PasswordJob): Promise<string | boolean> {
    if (this.#pool.queueSize >= MAX_WAITING) {
      throw new AppError("overloaded", {
        detail: "too many passwords are waiting to be checked",
        retryAfter: 5,
      });
    }
    return this.#pool.run(job);
  }
}
