import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, linkSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, inject } from "vitest";
import { openForWriting } from "../../src/shared/database/sqlite.ts";

/** Real servers for tests: a child process each, on a port of its own, over a file in a folder of its own. */

const BIN = resolve(import.meta.dirname, "../../bin/chinook.cjs");
const SEED = 7;
/** A child silent for this long counts as hanging; tests wait for events, not for time. */
const PATIENCE_MS = 60_000;

const folders: string[] = [];
const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, removed after the test file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "chinook-test-"));
  folders.push(folder);
  return folder;
}

/** Only the given settings: those of the machine do not reach a test's server. */
function environment(settings: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith("CHINOOK_"));
  return { ...Object.fromEntries(foreign), ...settings };
}

function spawnChinook(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  wrap: readonly string[] = [],
): ChildProcess {
  const [program, ...rest] = [...wrap, process.execPath, BIN, ...args];
  const child = spawn(program!, rest, {
    env: environment(settings),
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

export interface Finished {
  /** The exit status, or -1 when a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of `chinook` to its end. */
export async function chinook(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = spawnChinook(args, settings);
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, stdout: stdout(), stderr: stderr() };
}

const databases = new Map<string, Promise<string>>();

/**
 * A database that all test files of a run share: the first one that needs it makes it. Copy it before writing to it.
 *
 * @param make makes the database in a folder of its own, closes it, and returns its path.
 */
export function sharedDatabase(name: string, make: () => Promise<string>): Promise<string> {
  const known = databases.get(name);
  if (known !== undefined) return known;
  const shared = join(inject("runFolder"), `${name}.sqlite`);
  const made = existsSync(shared) ? Promise.resolve(shared) : make().then((file) => publish(file, shared));
  databases.set(name, made);
  return made;
}

/** Moves the file to its shared path in one step, unless another test file was faster. */
function publish(file: string, shared: string): string {
  const staged = `${shared}.${process.pid}`;
  copyFileSync(file, staged);
  try {
    linkSync(staged, shared);
  } catch (error) {
    if (!existsSync(shared)) throw error;
  }
  rmSync(staged);
  return shared;
}

/** A generated catalogue, shared by all test files. Copy it before writing to it. */
export const makeCatalogue = (tracks = 500): Promise<string> =>
  sharedDatabase(`generated-${tracks}`, () => generate(tracks));

async function generate(tracks: number): Promise<string> {
  const database = join(temporaryFolder(), "catalogue.sqlite");
  const { code, stderr } = await chinook([
    "generate",
    ...["--tracks", String(tracks), "--seed", String(SEED), "--database", database],
  ]);
  if (code !== 0) throw new Error(`generate ended with ${code}: ${stderr}`);
  addTags(database);
  return database;
}

/** Forty tags: seasons, four to a tree, of which each track has one. */
function addTags(database: string): void {
  const db = openForWriting(database, "normal");
  db.exec(`
    WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 40)
    INSERT INTO tags (public_id, slug, name, type, parent_id, created_at, updated_at)
      SELECT printf('00000000-0000-4000-8000-%012d', value), 'season-' || value, 'Season ' || value, 'season', nullif((value - 1) / 4 * 4 + 1, value),
        '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z' FROM n;
    INSERT INTO track_tags (track_id, tag_id, added_at)
      SELECT id, 1 + id % 10, '2026-01-01T00:00:00.000Z' FROM tracks`);
  db.close();
}

/** Copies a closed database into a folder of its own. */
export function copyOf(database: string): string {
  const copy = join(temporaryFolder(), "database.sqlite");
  copyFileSync(database, copy);
  return copy;
}

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly database: string;
  /** The process itself, for tests of signals. */
  readonly child: ChildProcess;
  /** SIGTERM; idempotent. @returns the exit status, or -1 when a signal ended it. */
  stop(): Promise<number>;
  /** SIGKILL: what a power cut leaves. */
  kill(): Promise<void>;
  /** Its log: standard error so far. */
  stderr(): string;
}

/**
 * A server that listens.
 *
 * @param settings environment, over: any free port, no demo catalogue, no vectors.
 * @param options `database`: the file, otherwise a new one without a catalogue; `wrap`: a program that becomes it.
 * @throws Error with its exit status and its log when it ended instead of listening.
 */
export async function startServer(
  settings: Readonly<Record<string, string>> = {},
  options: { readonly database?: string; readonly wrap?: readonly string[] } = {},
): Promise<TestServer> {
  const database = options.database ?? join(temporaryFolder(), "database.sqlite");
  const defaults = {
    CHINOOK_PORT: "0",
    CHINOOK_DEMO: "0",
    CHINOOK_VECTOR_GENERATION: "0",
    CHINOOK_LOG: "json",
    CHINOOK_DATABASE: database,
  };
  const child = spawnChinook(["serve"], { ...defaults, ...settings }, options.wrap);
  const stderr = collect(child.stderr);
  const ended = once(child, "close") as Promise<[number | null]>;
  const url = await announcedUrl(child, ended, stderr);
  const end = async (signal: NodeJS.Signals): Promise<number> => {
    child.kill(signal);
    return (await ended)[0] ?? -1;
  };
  const stop = () => end("SIGTERM");
  const kill = async () => void (await end("SIGKILL"));
  return { url, pid: child.pid!, database, child, stop, kill, stderr, [Symbol.asyncDispose]: kill };
}

/** The URL of the one line on standard output. */
async function announcedUrl(
  child: ChildProcess,
  ended: Promise<[number | null]>,
  stderr: () => string,
): Promise<string> {
  const lines = createInterface({ input: child.stdout! });
  const quiet = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const line = await Promise.race([once(lines, "line"), ended.then(() => undefined)]);
  clearTimeout(quiet);
  const url = /https?:\/\/\S+/.exec(String(line?.[0]))?.[0];
  if (url !== undefined) return url;
  child.kill("SIGKILL");
  throw new Error(`expected a server, got exit status ${(await ended)[0]}: ${stderr()}`);
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there, and fails when it is not
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, when its type is JSON; otherwise undefined. */
  readonly json: Json;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is text or bytes, as JSON otherwise. */
  readonly body?: unknown;
}

/** One request to a server, its answer read to the end. */
export async function request(
  { url }: Pick<TestServer, "url">,
  method: string,
  path: string,
  { headers = {}, body }: RequestOptions = {},
): Promise<Answer> {
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(url + path, {
    method,
    headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
    ...(body === undefined
      ? {}
      : { body: raw ? (body as NonNullable<RequestInit["body"]>) : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = text !== "" && /\bjson\b/.test(response.headers.get("content-type") ?? "");
  const json = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
}

type HeaderMap = Readonly<Record<string, string>>;

export const get = (server: Pick<TestServer, "url">, path: string, headers: HeaderMap = {}) =>
  request(server, "GET", path, { headers });
export const post = (server: Pick<TestServer, "url">, path: string, body: unknown, headers: HeaderMap = {}) =>
  request(server, "POST", path, { body, headers });
export const patch = (
  server: Pick<TestServer, "url">,
  path: string,
  body: unknown,
  headers: HeaderMap = {},
) => request(server, "PATCH", path, { body, headers });
export const remove = (server: Pick<TestServer, "url">, path: string, headers: HeaderMap = {}) =>
  request(server, "DELETE", path, { headers });
