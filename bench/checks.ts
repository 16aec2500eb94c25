import { setTimeout as delay } from "node:timers/promises";
import { type Catalogue, requestsOf } from "./databases.ts";
import { REFUSED } from "./load/generator.ts";
import type { Request, TrafficName } from "./traffic.ts";

/** Twenty answers a second are enough to notice a wrong one, and too few to be felt. */
const PACE_MS = 50;
const TIMEOUT_MS = 60_000;

export interface Checked {
  checked: number;
  /** Turned away: no answer, and so no wrong one. */
  refused: number;
  readonly wrong: string[];
  /** Ids of the plays that were answered: each must be in the file at the end. */
  readonly plays: number[];
}

/** What is asked, of whom, and what is right. */
export interface Subject {
  readonly url: string;
  readonly traffic: TrafficName;
  readonly catalogue: Catalogue;
  /** Whether the server answers each request with what belongs to the first. */
  readonly constant: boolean;
  /** Whether its order of hits is its own. */
  readonly ranksOtherwise: boolean;
}

/** Asks once before the load begins: a broken server is found out without measuring it. */
export async function checkOnce(subject: Subject): Promise<Checked> {
  const found = newChecked();
  await checkOne(subject, requestsOf(subject.traffic, subject.catalogue), 0, found);
  if (found.wrong.length > 0) throw new Error(`wrong answer: ${found.wrong[0]}`);
  if (found.refused > 0) throw new Error("refused before there was any load");
  return found;
}

const newChecked = (): Checked => ({ checked: 0, refused: 0, wrong: [], plays: [] });

/** A client beside the load that compares whole answers with what the database holds, until told to stop. */
export async function watchAnswers(subject: Subject, until: Promise<unknown>): Promise<Checked> {
  const found = newChecked();
  const requests = requestsOf(subject.traffic, subject.catalogue);
  let over = false;
  const end = until.finally(() => {
    over = true;
  });
  for (let n = 0; !over; n = (n * 31 + 17) % requests.length) {
    // An answer that is not there at the end is late and not wrong: the load's own latencies say so.
    const own = newChecked();
    const inTime = await Promise.race([checkOne(subject, requests, n, own).then(() => true), end]);
    if (inTime === true) add(found, own);
    await Promise.race([end, delay(PACE_MS)]);
  }
  return found;
}

export function add(found: Checked, { checked, refused, wrong, plays }: Checked): void {
  found.checked += checked;
  found.refused += refused;
  found.wrong.push(...wrong);
  found.plays.push(...plays);
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function checkOne(
  subject: Subject,
  requests: readonly Request[],
  n: number,
  found: Checked,
): Promise<void> {
  const request = requests[n]!;
  const asked = new Date();
  const answer = await ask(subject.url, request);
  if (answer.status === REFUSED) {
    found.refused++;
    return;
  }
  found.checked++;
  const ok = answer.status >= 200 && answer.status < 300;
  const right = ok && (await isRight(subject, request, requests[0]!, answer, found, asked));
  if (!right)
    found.wrong.push(`${request.method} ${request.path}: ${answer.status} ${answer.text.slice(0, 300)}`);
}

async function isRight(
  subject: Subject,
  request: Request,
  first: Request,
  { text }: Answer,
  found: Checked,
  asked: Date,
): Promise<boolean> {
  const { constant, traffic, catalogue } = subject;
  if (request.method === "POST") return isPlay(request, text, constant, found);
  if (request.method === "PATCH") return isFollowed(subject, request, text);
  const path = (constant ? first : request).path;
  if (traffic === "hot-key") return sameTrack(text, catalogue.answer(path));
  // A play may leave the window between the question and its answer.
  if (traffic === "charts")
    return [asked, new Date()].some((now) => sameBytes(text, catalogue.answerAt(path, now)));
  if (subject.ranksOtherwise && path.startsWith("/v1/search")) return sameHits(text, catalogue.answer(path));
  return sameBytes(text, catalogue.answer(path));
}

/** But for the spelling of a number: SQLite writes 1.0 where JavaScript writes 1. */
const sameBytes = (text: string, right: string): boolean =>
  text === right || (isJson(text) && JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(right)));

/** Any hits in any order, with any score: each a track with the members that ours have. */
function sameHits(text: string, right: string): boolean {
  if (!isJson(text)) return false;
  const [hits, ours] = [text, right].map((json) => JSON.parse(json).data as object[]);
  const members = Object.keys(ours![0] ?? {}).join();
  return hits!.every((hit) => members === "" || Object.keys(hit).join() === members);
}

/** All but what is being changed. */
function sameTrack(text: string, right: string): boolean {
  const steady = (track: string) => JSON.stringify({ ...JSON.parse(track), composer: 0, updated_at: 0 });
  return isJson(text) && steady(text) === steady(right);
}

function isPlay({ body }: Request, text: string, constant: boolean, found: Checked): boolean {
  if (!isJson(text)) return false;
  const sent = JSON.parse(body!);
  if (Array.isArray(sent)) return JSON.parse(text).data?.length === sent.length;
  const { id, track_id, played_at } = JSON.parse(text);
  if (track_id !== sent.track_id) return false;
  if (constant) return true;
  found.plays.push(id);
  return Number.isInteger(id) && typeof played_at === "string";
}

/** Once a write is answered, no answer shows the state before it. */
async function isFollowed({ url, catalogue }: Subject, { path }: Request, text: string): Promise<boolean> {
  const { text: after } = await ask(url, { method: "GET", path });
  if (!sameTrack(text, catalogue.answer(path)) || !isJson(after)) return false;
  return JSON.parse(after).updated_at >= JSON.parse(text).updated_at;
}

async function ask(url: string, { method, path, body }: Request): Promise<Answer> {
  try {
    const response = await fetch(url + path, {
      method,
      ...(body === undefined ? {} : { body, headers: { "content-type": "application/json" } }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    return { status: 0, text: String((error as Error).cause ?? error) };
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
