import { setTimeout as delay } from "node:timers/promises";
import type { Catalogue } from "./databases.ts";
import { type Request, TRAFFIC, type TrafficName } from "./requests.ts";

/** Twenty answers a second are enough to notice a wrong one, and too few to be felt. */
const PACE_MS = 50;
const TIMEOUT_MS = 60_000;

export interface Checked {
  checked: number;
  readonly wrong: string[];
}

/** What is asked, of whom, and what is right. */
export interface Subject {
  readonly url: string;
  readonly traffic: TrafficName;
  readonly constant: boolean;
  readonly catalogue: Catalogue;
}

/** Asks once before the load begins: a broken server is found out without measuring it. */
export async function checkOnce(subject: Subject): Promise<void> {
  const problem = await problemOf(subject, 0);
  if (problem !== undefined) throw new Error(problem);
}

/** A client beside the load that compares whole answers with what the database holds, until told to stop. */
export async function watchAnswers(subject: Subject, until: Promise<unknown>): Promise<Checked> {
  const found: Checked = { checked: 0, wrong: [] };
  const count = TRAFFIC[subject.traffic].requests(subject.catalogue).length;
  let over = false;
  const end = until.finally(() => {
    over = true;
  });
  for (let n = 0; !over; n = (n * 31 + 17) % count) {
    const problem = await problemOf(subject, n);
    found.checked++;
    if (problem !== undefined) found.wrong.push(problem);
    await Promise.race([end, delay(PACE_MS)]);
  }
  return found;
}

async function problemOf(
  { url, traffic, constant, catalogue }: Subject,
  n: number,
): Promise<string | undefined> {
  const { requests, right } = TRAFFIC[traffic];
  const request = requests(catalogue)[n]!;
  const [status, text] = await ask(url, request);
  if (status >= 200 && status < 300 && right(parse(text), n, catalogue, constant)) return undefined;
  return `${request.method} ${request.path}: ${status} ${text.slice(0, 300)}`;
}

async function ask(url: string, { method, path, body }: Request): Promise<[status: number, text: string]> {
  try {
    const response = await fetch(url + path, {
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return [response.status, await response.text()];
  } catch (error) {
    return [0, String((error as Error).cause ?? error)];
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
