import { setTimeout as delay } from "node:timers/promises";
import { COMPUTED_KINDS, type ComputedKind } from "../../../shared/embedders/embedder.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Command } from "../../engine/commands/command.ts";
import type { Logger } from "../../engine/log.ts";
import { Answers } from "../../engine/reads/answers.ts";
import type { AnyRead, Read } from "../../engine/reads/read.ts";
import { fitModel, needsModel } from "./fit-model.ts";
import type { Sentences } from "./sentences.ts";
import { NEIGHBOURS_READ } from "./similar.ts";
import { SPREAD_COMMANDS, type Spread } from "./spread-commands.ts";
import { VECTOR_COMMANDS } from "./vector-commands.ts";
import {
  EMBED_READ,
  EXTENT_READ,
  type Extent,
  FREQUENCIES_READ,
  HASHED,
  LACKING_READ,
  MOST_KEPT_FOR,
  NEXT_SPREAD_READ,
  TEXTS_READ,
  VECTOR_STATS_READ,
  type VectorStats,
} from "./vector-reads.ts";

/**
 * Vectors written by one step. It takes the writer some 10 ms at most, which is the longest delay of a
 * request.
 */
const SLICE = 64;
/** Tracks whose neighbours one step computes. Each takes some milliseconds of a scan thread. */
const NEIGHBOUR_SLICE = 32;
/** Milliseconds between a write and the check for due work: one check per burst of writes. */
const SETTLE_MS = 50;
/** Milliseconds until a failed round is retried. */
const RETRY_MS = 1_000;
/** Ratio of rest to work: generation uses a fifth of one thread, and a tenth of two cores. */
const REST = 4;
/** Maximum milliseconds that a step waits for requests, so that it does not starve. */
const PATIENCE_MS = 500;

/** Milliseconds without a change before neighbours are computed: a change invalidates them all. */
const QUIET_MS = 2_000;

/** Kinds that vectors are computed from, and vectors themselves. */
const EMBEDDED = /^(\*$|tracks|albums|artists|genres|media-types|vectors)/;

/** Whether a write with these tags may have made a vector or a list of neighbours due. */
export const isCatalogueChange = (tags: readonly string[]): boolean => tags.some((tag) => EMBEDDED.test(tag));

interface Neighbours {
  readonly changes: number;
  readonly lists: readonly (readonly [kind: string, neighbours: string])[];
}

export interface GenerationOptions {
  readonly answers: Pick<Answers, "fetch">;
  readonly commands: { execute<I>(command: Command<I>, input: I): Promise<{ readonly body: string | null }> };
  /** Whether requests are waiting. */
  readonly busy: () => boolean;
  readonly log: Logger;
  /** Computes lyric vectors, instead of hashed words. */
  readonly sentences?: Pick<Sentences, "embedder" | "embed"> | undefined;
  /** False works without rest, for a process that does nothing else. */
  readonly polite: boolean;
}

/**
 * Computes due vectors in the background, one slice at a time.
 *
 * - The queue is in the database. Claimed work of a process that ended is due again at the next start.
 * - A slice is claimed, computed on the scan lane and stored, as ordinary reads and commands. A track that changes
 *   meanwhile is due again.
 * - It rests four times as long as it worked, and waits while requests do. A request waits for one slice at most.
 * - `poke` signals that there may be work; a poke during work is never lost. `close` waits for the running step.
 *   Both may be called at any time; `close` is idempotent.
 */
export class VectorGeneration {
  readonly #options: GenerationOptions;
  readonly #stop = new AbortController();
  #poked = false;
  #running: Promise<void> | undefined;
  #recovered = false;

  constructor(options: GenerationOptions) {
    this.#options = options;
  }

  /** Signals that there may be work. */
  poke(): void {
    this.#poked = true;
    if (this.#running !== undefined || this.#stopped) return;
    this.#running = this.#rounds().finally(() => {
      this.#running = undefined;
      if (this.#poked) this.poke();
    });
  }

  /** Resolves when nothing is due, or the generation was closed. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    this.#poked = false;
    this.#stop.abort();
    await this.#running;
  }

  get #stopped(): boolean {
    return this.#stop.signal.aborted;
  }

  async #rounds(): Promise<void> {
    while (this.#poked && !this.#stopped) {
      await this.#sleep(this.#options.polite ? SETTLE_MS : 0);
      this.#poked = false;
      try {
        await this.#round();
      } catch (error) {
        await this.#failed(error);
      }
    }
  }

  /** After an overload or a lost thread, the next round releases the claimed work. */
  async #failed(error: unknown): Promise<void> {
    if (this.#stopped) return;
    const known = error instanceof AppError && error.status === 503;
    this.#options.log[known ? "warn" : "error"]({ err: error }, "vector generation was interrupted");
    this.#recovered = false;
    this.#poked = true;
    await this.#sleep(RETRY_MS);
  }

  async #round(): Promise<void> {
    if (!this.#recovered) await this.#execute(VECTOR_COMMANDS.recover, {});
    this.#recovered = true;
    const { tracks } = await this.#prepare();
    await this.#steps(() => this.#spread());
    for (const kind of COMPUTED_KINDS) await this.#steps(() => this.#embed(kind));
    if (tracks > MOST_KEPT_FOR) return;
    await this.#quiet();
    await this.#steps(() => this.#keepNeighbours());
  }

  /** Checks that lyric vectors are of the configured embedder, and that hashed words have weights. */
  async #prepare(): Promise<Extent> {
    const { sentences } = this.#options;
    const extent = await this.#json<Extent>(EXTENT_READ);
    const embedder = sentences?.embedder ?? HASHED;
    if (extent.embedder !== embedder) await this.#execute(SPREAD_COMMANDS.adopt, { embedder });
    if (sentences === undefined && needsModel(extent)) {
      const counted = await this.#json<VectorStats>(VECTOR_STATS_READ);
      if (needsModel(counted)) await this.#fit(counted.tracks);
    }
    return extent;
  }

  async #fit(tracks: number): Promise<void> {
    const model = await fitModel(tracks, async (slice) => {
      await this.#rest(0);
      return (await this.#read(FREQUENCIES_READ, slice))!;
    });
    await this.#execute(SPREAD_COMMANDS.saveModel, model);
  }

  /** @returns whether there was a change to spread. */
  async #spread(): Promise<boolean> {
    const next = await this.#read(NEXT_SPREAD_READ, {});
    if (next === null) return false;
    await this.#execute(SPREAD_COMMANDS.step, JSON.parse(next) as Spread);
    return true;
  }

  /** @returns whether there was a vector to compute. */
  async #embed(kind: ComputedKind): Promise<boolean> {
    const { body } = await this.#execute(VECTOR_COMMANDS.claim, { kind, limit: SLICE });
    if (body === "0") return false;
    const { sentences } = this.#options;
    const rows =
      kind === "lyric" && sentences !== undefined
        ? await this.#embedSentences(sentences)
        : (await this.#read(EMBED_READ, { kind }))!;
    await this.#execute(VECTOR_COMMANDS.store, { kind, rows });
    return true;
  }

  /** Waits until nothing was written for `QUIET_MS`. It delays no write. */
  async #quiet(): Promise<void> {
    if (!this.#options.polite) return;
    for (let waited = 0; waited < QUIET_MS && !this.#poked && !this.#stopped; waited += SETTLE_MS)
      await this.#sleep(SETTLE_MS);
  }

  /** Computes a slice of the missing neighbours. @returns whether there was work and nothing changed meanwhile. */
  async #keepNeighbours(): Promise<boolean> {
    if (this.#poked) return false;
    const lacking = await this.#json<readonly number[]>(LACKING_READ, { limit: NEIGHBOUR_SLICE });
    if (lacking.length === 0) return false;
    const rows: unknown[] = [];
    let changes = Number.POSITIVE_INFINITY;
    // One after the other, so that requests run in between.
    for (const id of lacking) {
      const found = await this.#json<Neighbours>(NEIGHBOURS_READ, { id });
      changes = Math.min(changes, found.changes);
      rows.push(...found.lists.map(([kind, list]) => [kind, id, list]));
    }
    await this.#execute(VECTOR_COMMANDS.keep, { changes, rows: JSON.stringify(rows) });
    return true;
  }

  async #embedSentences(sentences: Pick<Sentences, "embed">): Promise<string> {
    const rows = await this.#json<readonly (readonly [id: number, text: string])[]>(TEXTS_READ);
    const vectors = await sentences.embed(rows.map(([, text]) => text));
    return JSON.stringify(rows.map(([id], i) => [id, vectors[i]]));
  }

  async #steps(step: () => Promise<boolean>): Promise<void> {
    for (let more = true; more && !this.#stopped; ) {
      const started = performance.now();
      more = await step();
      if (more) await this.#rest(performance.now() - started);
    }
  }

  async #rest(ms: number): Promise<void> {
    if (!this.#options.polite) return;
    await this.#sleep(REST * ms);
    for (let waited = 0; this.#options.busy() && waited < PATIENCE_MS && !this.#stopped; waited += 10)
      await this.#sleep(10);
  }

  #sleep(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#stop.signal, ref: false }).catch(() => {});
  }

  #execute<I>(command: Command<I>, input: I): Promise<{ readonly body: string | null }> {
    return this.#options.commands.execute(command, input);
  }

  async #json<T>(read: AnyRead, params: object = {}): Promise<T> {
    return JSON.parse((await this.#read(read, params))!);
  }

  /** @throws AppError `closing` between the parts of long work, so that closing does not wait for all of it. */
  async #read<P>(read: Read<P>, params: P): Promise<string | null> {
    if (this.#stopped) throw new AppError("closing");
    const found = await this.#options.answers.fetch(read, params, Answers.key(read, params));
    return found === null ? null : found.entry.body;
  }
}
