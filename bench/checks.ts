import { setTimeout as delay } from "node:timers/promises";
import type { Catalogue } from "./catalogue.ts";
import { requestsOf } from "./databases.ts";
import { REFUSED } from "./load/generator.ts";
import { authorization } from "./servers/identity.ts";
import type { Request, TrafficName } from "./traffic.ts";

/** Twenty requests a second are enough to detect a wrong answer, and too few to affect the figures. */
const PACE_MS = 50;
const TIMEOUT_MS = 60_000;

export interface Checked {
  checked: number;
  /** Refused requests: no answer, so none that is wrong. */
  refused: number;
  readonly wrong: string[];
  /** Ids of the acknowledged plays. Each must be in the file at the end. */
  readonly plays: number[];
}

/** The server under test, the requests to it and the correct answers. */
export interface Subject {
  readonly url: string;
  readonly traffic: TrafficName;
  readonly catalogue: Catalogue;
  /** Whether the server answers each request with the answer to the first. */
  readonly constant: boolean;
  /** Whether it ranks hits in its own order. */
  readonly ranksOtherwise: boolean;
  /** Credentials for the requests, if the server requires them. */
  readonly token: string | undefined;
}

/** One check before the load begins: detects a broken server without measuring it. */
export async function checkOnce(subject: Subject): Promise<Checked> {
  const found = newChecked();
  await checkOne(subject, requestsOf(subject.traffic, subject.catalogue), 0, found);
  if (found.wrong.length > 0) throw new Error(`wrong answer: ${found.wrong[0]}`);
  if (found.refused > 0) throw new Error("a request was refused before the load began");
  return found;
}

const newChecked = (): Checked => ({ checked: 0, refused: 0, wrong: [], plays: [] });

/** A client beside the load that compares whole answers with the content of the database, until told to stop. */
export async function watchAnswers(subject: Subject, until: Promise<unknown>): Promise<Checked> {
  const found = newChecked();
  const requests = requestsOf(subject.traffic, subject.catalogue);
  let over = false;
  const end = until.finally(() => {
    over = true;
  });
  for (let n = 0; !over; n = (n * 31 + 17) % requests.length) {
    // An answer still missing at the end is late, not wrong. The load's own latencies show it.
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
  const answer = await ask(subject, request);
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
  if (traffic === "logins") return isJson(text) && typeof JSON.parse(text).token === "string";
  if (request.method === "POST") return isPlay(request, text, constant, found);
  if (request.method === "PATCH") return isFollowed(subject, request, text);
  const path = (constant ? first : request).path;
  if (traffic === "hot-key") return sameTrack(text, catalogue.answer(path));
  // A play may leave the window between the request and its answer.
  if (traffic === "charts")
    return [asked, new Date()].some((now) => sameBytes(text, catalogue.answerAt(path, now)));
  if (subject.ranksOtherwise && path.startsWith("/v1/search")) return sameHits(text, catalogue.answer(path));
  return sameBytes(text, catalogue.answer(path));
}

/** Equal apart from the spelling of a number: SQLite writes 1.0, JavaScript 1. */
const sameBytes = (text: string, right: string): boolean =>
  text === right || (isJson(text) && JSON.stringify(JSON.parse(text)) === JSON.stringify(JSON.parse(right)));

/** Any hits in any order, with any score. Each must be a track with the same members as ours. */
function sameHits(text: string, right: string): boolean {
  if (!isJson(text)) return false;
  const [hits, ours] = [text, right].map((json) => JSON.parse(json).data as object[]);
  const members = Object.keys(ours![0] ?? {}).join();
  return hits!.every((hit) => members === "" || Object.keys(hit).join() === members);
}

/** Equal apart from the field that the load changes. */
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

/** After a write is acknowledged, no answer may show the state before it. */
async function isFollowed(subject: Subject, { path }: Request, text: string): Promise<boolean> {
  const { catalogue } = subject;
  const { text: after } = await ask(subject, { method: "GET", path });
  if (!sameTrack(text, catalogue.answer(path)) || !isJson(after)) return false;
  return JSON.parse(after).updated_at >= JSON.parse(text).updated_at;
}

async function ask({ url, token }: Subject, { method, path, body }: Request): Promise<Answer> {
  try {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const response = await fetch(url + path, {
      method,
      headers: { ...authorization(token), ...type },
      ...(body === undefined ? {} : { body }),
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
