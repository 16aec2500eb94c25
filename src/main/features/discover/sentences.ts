import { Piscina } from "piscina";
import { fromFailure } from "../../../shared/errors.ts";
import type { SentenceReport, SentenceTask } from "../../../workers/sentences.ts";
import { threadUrl } from "../../engine/threads.ts";

/** Texts per batch. A search waits for one such batch at most. */
const BATCH = 8;
/** MiB of the thread's JavaScript heap. It holds the tokenizer's vocabulary, but not the model's weights. */
const LIMITS = { maxOldGenerationSizeMb: 512 };
/** Added to the thread's niceness. */
const NICE = 5;

/**
 * A sentence model on its own thread. It exists only if a folder is configured.
 *
 * Batches are embedded one at a time, in order of arrival. A thread that dies is replaced, and its batch is
 * refused. After `close`, all batches are.
 */
export class Sentences implements AsyncDisposable {
  readonly #pool: Piscina<SentenceTask, SentenceReport>;
  readonly #folder: string;
  /** Identifies its vectors: see {@link SentenceModel.embedder}. */
  readonly embedder: string;

  private constructor(pool: Piscina<SentenceTask, SentenceReport>, folder: string, embedder: string) {
    this.#pool = pool;
    this.#folder = folder;
    this.embedder = embedder;
  }

  /**
   * @param folder the setting: `none` selects lyric vectors from hashed words.
   * @throws AppError `model_unusable`.
   */
  static async open(folder: string): Promise<Sentences | undefined> {
    if (folder === "none") return undefined;
    const pool = new Piscina<SentenceTask, SentenceReport>({
      filename: threadUrl("../../../workers/sentences", import.meta.url).href,
      ...{ minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: 1, recordTiming: false },
      ...{ idleTimeout: Number.POSITIVE_INFINITY, niceIncrement: NICE, resourceLimits: LIMITS },
    });
    // The pool replaces a thread that dies idle and emits `error`. Without a listener, that would end the process.
    pool.on("error", () => {});
    try {
      const { embedder } = reported(await pool.run({ folder, texts: [] }));
      return new Sentences(pool, folder, embedder);
    } catch (error) {
      await pool.destroy();
      throw error;
    }
  }

  /** @returns a hexadecimal vector per text, as stored; empty if a text has none. */
  async embed(texts: readonly string[]): Promise<string[]> {
    const vectors: string[] = [];
    for (let at = 0; at < texts.length; at += BATCH) {
      const batch = texts.slice(at, at + BATCH);
      vectors.push(...reported(await this.#pool.run({ folder: this.#folder, texts: batch })).vectors);
    }
    return vectors;
  }

  /** Waits for the running batch. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

function reported(report: SentenceReport): Exclude<SentenceReport, { failure: unknown }> {
  if ("failure" in report) throw fromFailure(report.failure);
  return report;
}
