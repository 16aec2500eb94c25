import { useEffect } from "preact/hooks";
import { Problem } from "./api.ts";
import { connectionLost, revivals } from "./connection.ts";
import { eventsOf } from "./events.ts";
import { refreshSession } from "./session.ts";
import { store, useStore } from "./store.ts";
import type { Facts, Jobs, Sample } from "./vitals.ts";

/** What the server tells once a second while the page is open. */
export interface Live {
  readonly state: "connecting" | "live" | "lost" | "refused";
  readonly facts: Facts | undefined;
  /** Of the last minutes, oldest first. */
  readonly samples: readonly Sample[];
  readonly jobs: Jobs;
  /** Why it is refused. */
  readonly error: Problem | undefined;
}

const KEPT = 300;
const NO_JOBS: Jobs = { running: [], ended: 0 };
const live = store<Live>({
  ...{ state: "connecting", facts: undefined, samples: [], jobs: NO_JOBS, error: undefined },
});

const change = (changes: Partial<Live>): void => live.set({ ...live.get(), ...changes });

let watchers = 0;
let stop: AbortController | undefined;

/** Milliseconds until the stream ends that nobody needs: the next page may need it. */
const LINGER_MS = 2_000;

/** The live stream: one for all components, and none while no component needs it. */
export function useLive(): Live {
  useEffect(() => {
    if (++watchers === 1 && stop === undefined) void follow();
    return () => {
      watchers--;
      setTimeout(endUnneeded, LINGER_MS);
    };
  }, []);
  return useStore(live);
}

function endUnneeded(): void {
  if (watchers > 0) return;
  stop?.abort();
  stop = undefined;
}

async function follow(): Promise<void> {
  const own = new AbortController();
  stop = own;
  change({ state: "connecting", error: undefined });
  while (!own.signal.aborted) {
    try {
      for await (const event of eventsOf("/admin/live", own.signal)) take(event.name, event.data);
      await pause(own.signal, 300);
    } catch (error) {
      if (own.signal.aborted) return;
      if (error instanceof Problem && error.code !== "closing") return refused(error);
      change({ state: "lost" });
      connectionLost();
      await revived(own.signal);
    }
  }
}

/** Too many viewers will be fewer; a session that has ended is asked for. */
function refused(error: Problem): void {
  stop = undefined;
  change({ state: "refused", error });
  if (error.status === 401) void refreshSession();
}

/** Asks again after a refusal. */
export function watchAgain(): void {
  if (stop === undefined && watchers > 0) void follow();
}

function take(name: string, data: unknown): void {
  if (name === "facts") change({ state: "live", facts: data as Facts });
  if (name === "jobs") change({ jobs: data as Jobs });
  if (name !== "samples") return;
  const known = live.get().samples;
  const last = known.at(-1)?.at ?? "";
  const news = (data as Sample[]).filter(({ at }) => at > last);
  change({ samples: [...known, ...news].slice(-KEPT) });
}

function pause(signal: AbortSignal, ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
    signal.addEventListener("abort", () => done(), { once: true });
  });
}

/** Resolves when the server answers again. */
function revived(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const forget = revivals.watch(() => resolve());
  signal.addEventListener("abort", () => resolve(), { once: true });
  return promise.finally(forget);
}
