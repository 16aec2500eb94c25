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
  #each = 0;

  /** @param maxMs how long a newcomer may have to wait. */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** To be told what the last ones took together, in milliseconds. One that was stuck says little about the next. */
  observe(ms: number, count: number): void {
    this.#each += WEIGHT * (Math.min(ms, this.#maxMs) / count - this.#each);
  }

  /** Whether one more can be served in time behind so many. */
  admits(waiting: number): boolean {
    return waiting < FEW || waiting * this.#each <= this.#maxMs;
  }
}
