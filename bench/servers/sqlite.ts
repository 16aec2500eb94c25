import { availableParallelism } from "node:os";
import { Piscina } from "piscina";
import { type Backend, listen, routesOver } from "./app.ts";
import { Batches } from "./batches.ts";
import { cached } from "./cached.ts";
import type { Choices } from "./choices.ts";
import { type Body, Executor, openDatabase, type Ways } from "./executor.ts";
import { type ReadName, SERVED } from "./reads.ts";
import type { Task, WorkerOptions } from "./worker.ts";

/**
 * SQLite behind HTTP as usually written, with one design choice after another: `node sqlite.ts FILE CHOICES`.
 * Without any choice it is better-sqlite3 called in the handler, with prepared statements, WAL and durable commits.
 */
const file = process.argv[2]!;
const choices = JSON.parse(process.argv[3] ?? "{}") as Choices;
const ways: Ways = { json: choices.json ?? false, hidden: choices.hidden ?? false };

/** Switches the file to WAL before any thread opens it. */
function openMain() {
  const db = openDatabase(file);
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  return db;
}

function inHandler(): Backend {
  const executor = new Executor(openMain(), ways);
  return {
    read: (name, params) => executor.read(name, params),
    play: (play) => executor.play(play),
    rename: (track) => executor.rename(track),
  };
}

const MAX_READS = 128;
const MAX_WRITES = 512;

type Submit = (task: Task) => Promise<Body>;

function workers(threads: number, writes: boolean, cap: number): Submit {
  const pool = new Piscina<readonly Task[], Body[]>({
    filename: new URL("./worker.ts", import.meta.url).href,
    workerData: { file, writes, ways } satisfies WorkerOptions,
    minThreads: threads,
    maxThreads: threads,
  });
  if (cap === 1) return async (task) => (await pool.run([task]))[0];
  const batches = new Batches<Task, Body>((tasks) => pool.run(tasks), threads, cap);
  return (task) => batches.submit(task);
}

/** With several writers, writes and reads share the threads, as they would share a pool of connections. */
function onThreads(): Backend {
  openMain().close();
  const cores = availableParallelism();
  const half = Math.max(1, Math.floor(cores / 2));
  const cap = choices.batching ? MAX_READS : 1;
  const many = choices.writers === "many";
  const points = workers(choices.lanes ? half : cores, many, cap);
  const scans = choices.lanes ? workers(half, false, 1) : points;
  const writer = many ? points : workers(1, true, choices.groupCommit ? MAX_WRITES : 1);
  const laneOf = (name: ReadName) => (SERVED[name].read.lane === "scan" ? scans : points);
  return {
    read: (name, params) => laneOf(name)(["read", name, params]),
    play: (play) => writer(["play", play]),
    rename: (track) => writer(["rename", track]),
  };
}

const backend = choices.pool ? onThreads() : inHandler();
listen(routesOver(choices.cache ? cached(backend, choices.cache) : backend));
