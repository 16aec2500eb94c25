/** Weight of the newest measurement in the moving average. */
const WEIGHT = 0.1;
/** Up to this many requests are always admitted, whatever they cost. Their deadlines bound them. */
const FEW = 8;

/**
 * Admission control by expected waiting time: queue length times the recent cost of one request.
 *
 * A bound on the queue length fits only one kind of work. Ten thousand cheap reads take a third of a second. Ten
 * thousand expensive ones take minutes, and each finishes after its caller has timed out: with such a bound, at ten
 * times its capacity, the scan lane spent 60 % of its work on callers that had gone. This control refuses at once
 * what the queue can't serve in time, and serves what it admits.
 */
export class AdmissionControl {
  readonly #maxMs: number;
  #each = 0;
  #shared: number | undefined;

  /** @param maxMs the longest expected wait that is still admitted. */
  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /**
   * Records a finished batch.
   *
   * @param ms its duration. Capped at `maxMs`, since a batch that was stuck says little about the next.
   * @param count requests in it.
   * @param sharedMs the cost that they shared: the commit. It counts once per batch, not once per command, so that
   * a disk with a sync of 20 ms does not cause a crowd to be refused. The least value seen is used, because a
   * commit can also contain work of its commands (the text index is written then). Omit it when nothing was
   * written.
   */
  observe(ms: number, count: number, sharedMs?: number): void {
    if (sharedMs !== undefined) this.#shared = Math.min(this.#shared ?? sharedMs, sharedMs);
    const own = Math.max(0, Math.min(ms, this.#maxMs) - (this.#shared ?? 0));
    this.#each += WEIGHT * (own / count - this.#each);
  }

  /** Whether one more request can be served in time behind `waiting` others that take `batches` batches. */
  admits(waiting: number, batches = 1): boolean {
    return waiting < FEW || waiting * this.#each + batches * (this.#shared ?? 0) <= this.#maxMs;
  }
}
