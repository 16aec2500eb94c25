import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import type { Answer, Client } from "../harness/client.ts";

/** The n-th request of a kind of load. */
export type Shot = (client: Client, n: number) => Promise<Answer>;

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

/** Clients that each wait for their answer: as much as the server can do. */
export async function closedLoop(
  client: Client,
  shot: Shot,
  clients: number,
  seconds: number,
  tally = new Tally(),
): Promise<Tally> {
  const until = performance.now() + seconds * 1_000;
  let n = 0;
  const one = async () => {
    while (performance.now() < until) await fire(client, shot, n++, tally);
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
        const running = fire(client, shot, 1_000_000 + sent, tally).finally(() => underWay.delete(running));
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

async function fire(client: Client, shot: Shot, n: number, tally: Tally): Promise<void> {
  try {
    tally.note(await shot(client, n));
  } catch (error) {
    tally.broke(error);
  }
}
