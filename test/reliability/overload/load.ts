import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { Answer, Client } from "../harness/client.ts";

/** The next request of a kind of load. */
export type Shot = (client: Client) => Promise<Answer>;

/** What became of the requests of one phase. */
export class Tally {
  readonly served = histogram();
  readonly refused = histogram();
  /** Refusals by their code; answers that should not be; connections that failed. */
  readonly codes = new Map<string, number>();
  unexpected = 0;
  seconds = 0;

  note({ status, headers, json, ms }: Answer): void {
    if (status < 300) {
      this.served.record(micros(ms));
      return;
    }
    const code = String(json?.code ?? status);
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    if (status === 503 && headers["retry-after"] !== undefined) this.refused.record(micros(ms));
    else this.unexpected++;
  }

  broke(error: unknown): void {
    const code = String((error as NodeJS.ErrnoException).code ?? error);
    this.codes.set(code, (this.codes.get(code) ?? 0) + 1);
    this.unexpected++;
  }

  get perSecond(): number {
    return this.seconds === 0 ? 0 : this.served.count / this.seconds;
  }
}

const histogram = (): RecordableHistogram => createHistogram({ highest: 120_000_000, figures: 3 });
const micros = (ms: number): number => Math.max(1, Math.round(ms * 1_000));

/** Clients that each wait for their answer, and come back when they are told to: as much as the server can do. */
export async function closedLoop(
  client: Client,
  shot: Shot,
  clients: number,
  seconds: number,
): Promise<Tally> {
  const tally = new Tally();
  const until = performance.now() + seconds * 1_000;
  const one = async () => {
    while (performance.now() < until) await delay((await fire(client, shot, tally)) * 1_000);
  };
  await Promise.all(Array.from({ length: clients }, one));
  tally.seconds = seconds;
  return tally;
}

/** Requests at a rate, whatever becomes of those before them: what a crowd does. Waits for all of its answers. */
export async function openLoop(
  client: Client,
  shot: Shot,
  rate: number,
  seconds: number,
): Promise<{ tally: Tally; offered: number }> {
  const tally = new Tally();
  const underWay = new Set<Promise<void>>();
  const began = performance.now();
  let sent = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = (performance.now() - began) / 1_000;
      for (; sent < Math.min(elapsed, seconds) * rate; sent++) {
        const running: Promise<void> = fire(client, shot, tally).then(() => void underWay.delete(running));
        underWay.add(running);
      }
      if (elapsed < seconds) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  tally.seconds = (performance.now() - began) / 1_000;
  const served = tally.served.count;
  await Promise.all(underWay);
  // What was served after the last request was sent took time of its own.
  if (tally.served.count > served) tally.seconds = (performance.now() - began) / 1_000;
  return { tally, offered: sent / seconds };
}

/** @returns the seconds after which to come back. */
async function fire(client: Client, shot: Shot, tally: Tally): Promise<number> {
  try {
    const answer = await shot(client);
    tally.note(answer);
    return Number(answer.headers["retry-after"] ?? 0);
  } catch (error) {
    tally.broke(error);
    return 0;
  }
}
