/** The share of the newest measurement in the running mean. */
const WEIGHT = 0.1;
/** So many may wait whatever they take: their deadlines look after them. */
const FEW = 8;

/**
 * How long a newcomer to a queue would wait: what waits already, times what one has taken of late.
 *
 * A bound on the number alone is wrong for any but one kind of work. Ten thousand cheap reads are a third of a
 * second; ten thousand expensive ones are minutes, and each of them would be done just when its caller has gone: at
 * ten times what it could carry, the scan lane did two fifths of its work for somebody who still waited for it. So a
 * queue refuses at once whom it could not serve soon, and what it admits it serves in time.
 */
export class Outlook {
  readonly #maxMs: number;
  readonly #maxBatch: number;
  #each = 0;
  #shared = 0;

  /**
   * @param maxMs how long a newcomer may have to wait.
   * @param maxBatch how many share what a batch takes whatever its size, such as a commit.
   */
  constructor(maxMs: number, maxBatch = 1) {
    this.#maxMs = maxMs;
    this.#maxBatch = maxBatch;
  }

  /**
   * To be told what the last batch took, in milliseconds. One that was stuck says little about the next.
   *
   * @param sharedMs the part of it that one alone would have taken as well: on a disk that syncs in 20 ms a single
   * write takes them, and so do five hundred together.
   */
  observe(ms: number, count: number, sharedMs = 0): void {
    const [all, shared] = [Math.min(ms, this.#maxMs), Math.min(sharedMs, ms, this.#maxMs)];
    this.#each += WEIGHT * ((all - shared) / count - this.#each);
    this.#shared += WEIGHT * (shared - this.#shared);
  }

  /** Whether one more can be served in time behind so many. */
  admits(waiting: number): boolean {
    const batches = Math.ceil(waiting / this.#maxBatch);
    return waiting < FEW || waiting * this.#each + batches * this.#shared <= this.#maxMs;
  }
}
