/**
 * Passes waiting requests to a free worker, up to `cap` at a time: batching alone, without the rest of the server's
 * lanes and write queue (deadlines, bounds, lost threads).
 */
export class Batches<T, R> {
  readonly #run: (batch: readonly T[]) => Promise<readonly R[]>;
  readonly #cap: number;
  #free: number;
  #scheduled = false;
  readonly #waiting: { task: T; resolve: (result: R) => void; reject: (error: unknown) => void }[] = [];

  constructor(run: (batch: readonly T[]) => Promise<readonly R[]>, threads: number, cap: number) {
    this.#run = run;
    this.#free = threads;
    this.#cap = cap;
  }

  submit(task: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ task, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#free === 0 || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      while (this.#free > 0 && this.#waiting.length > 0) void this.#dispatch();
    });
  }

  async #dispatch(): Promise<void> {
    const share = Math.min(this.#cap, Math.ceil(this.#waiting.length / this.#free));
    const batch = this.#waiting.splice(0, share);
    this.#free--;
    try {
      const results = await this.#run(batch.map(({ task }) => task));
      for (const [i, { resolve }] of batch.entries()) resolve(results[i]!);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      this.#free++;
      this.#schedule();
    }
  }
}
