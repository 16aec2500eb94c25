import { z } from "zod";
import type { Logger } from "../../engine/log.ts";
import { Bell, event, eventStream, HEARTBEAT, heard, wantsEvents } from "../../http/event-stream.ts";
import { noParameters, pathOf } from "../../http/input.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { Counters } from "./counters.ts";
import { type Health, sampleOf } from "./sample.ts";

/** Milliseconds between two samples, and number of samples kept for new viewers: five minutes. */
const EVERY_MS = 1_000;
const KEPT = 300;
const HEARTBEAT_MS = 15_000;

export interface LiveOptions {
  readonly counters: () => Promise<Counters>;
  readonly health: () => Health;
  /** `Jobs.summary` as JSON text. */
  readonly jobs: () => string;
  /** Facts that are constant while the server runs: limits and sizes, for the drawing. */
  readonly facts: () => object;
  readonly log: Logger;
}

/**
 * A sample a second for all viewers. One timer takes it, whatever their number, and runs only while there is
 * a viewer. The last five minutes of samples are kept for new viewers.
 *
 * A slow viewer gets the samples that it missed at once, from these five minutes: nothing is queued for it.
 */
export class Live {
  readonly #options: LiveOptions;
  readonly #bell = new Bell();
  /** Each sample as JSON text; the first of them has the number `#first`. */
  readonly #samples: { readonly at: number; readonly text: string }[] = [];
  #first = 0;
  #jobs = "";
  #before: Counters | undefined;
  #viewers = 0;
  #clock: NodeJS.Timeout | undefined;

  constructor(options: LiveOptions) {
    this.#options = options;
  }

  /** An endless stream of events: the facts, the samples of the last minutes, then each new one. */
  stream(): Reply {
    let [told, jobs] = [-1, ""];
    let watching = false;
    return eventStream("the live view", async (signal) => {
      if (!watching) signal.addEventListener("abort", this.#enter(), { once: true });
      watching = true;
      while (!signal.aborted) {
        const ring = this.#bell.next;
        const parts = told < 0 ? [event("facts", JSON.stringify(this.#options.facts()))] : [];
        const news = this.#since(told);
        if (news.length > 0) parts.push(event("samples", `[${news.join(",")}]`));
        if (this.#jobs !== jobs) parts.push(event("jobs", this.#jobs));
        [told, jobs] = [this.#first + this.#samples.length, this.#jobs];
        if (parts.length > 0) return parts.join("");
        const before = performance.now();
        await heard(ring, HEARTBEAT_MS, signal);
        if (performance.now() - before >= HEARTBEAT_MS) return HEARTBEAT;
      }
      return undefined;
    });
  }

  /** The current state, without waiting. */
  get text(): string {
    const { facts, jobs } = this.#options;
    return `{"facts":${JSON.stringify(facts())},"samples":[${this.#since(0).join(",")}],"jobs":${jobs()}}`;
  }

  /** From the number `told` on. */
  #since(told: number): readonly string[] {
    return this.#samples.slice(Math.max(0, told - this.#first)).map(({ text }) => text);
  }

  /** @returns a function that ends the watching; it is idempotent. */
  #enter(): () => void {
    if (this.#viewers++ === 0) this.#start();
    return () => {
      if (--this.#viewers === 0) this.#stop();
    };
  }

  #start(): void {
    const oldest = Date.now() - KEPT * EVERY_MS;
    while (this.#samples[0] !== undefined && this.#samples[0].at < oldest) this.#forget();
    const take = () =>
      void this.#take().catch((error) => this.#options.log.warn({ err: error }, "no sample"));
    this.#clock = setInterval(take, EVERY_MS).unref();
    take();
  }

  #stop(): void {
    clearInterval(this.#clock);
    this.#before = undefined;
  }

  /**
   * The first call after an idle time only reads the counters: a sample covers the time between two calls.
   */
  async #take(): Promise<void> {
    const now = await this.#options.counters();
    const before = this.#before;
    this.#before = this.#viewers > 0 ? now : undefined;
    this.#jobs = this.#options.jobs();
    if (before !== undefined && before.steady < now.steady) {
      const text = JSON.stringify(sampleOf(before, now, this.#options.health()));
      this.#samples.push({ at: now.at, text });
      if (this.#samples.length > KEPT) this.#forget();
    }
    this.#bell.ring();
  }

  #forget(): void {
    this.#samples.shift();
    this.#first++;
  }
}

const facts = z.looseObject({ version: z.string(), started_at: z.iso.datetime() });
const jobs = z.object({ running: z.array(z.looseObject({ id: z.int() })), ended: z.int() });

export const liveRoute = (live: Live): Route =>
  route({
    method: "GET",
    path: "/admin/live",
    access: "operate:read",
    tag: "admin",
    operationId: "watchLive",
    summary: "The server's current state, once a second",
    description: `The current state; with \`Accept: text/event-stream\` an endless stream: \`facts\` once; \`samples\`, an array as in \`/admin/history\`, first of the last ${KEPT / 60} minutes if there were viewers, then of each second; \`jobs\`, the running ones and the number of ended ones, on each change.`,
    parameters: noParameters,
    responses: {
      200: {
        description: "The current state; `samples` is empty without a viewer.",
        body: z.object({ facts, samples: z.array(z.looseObject({})), jobs }),
        also: "text/event-stream",
      },
    },
    failures: ["overloaded"],
    handle: (call) => {
      pathOf(call, noParameters);
      return wantsEvents(call) ? live.stream() : json(200, live.text, { "cache-control": "no-store" });
    },
  });
