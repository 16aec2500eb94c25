import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { column } from "../http/helpers.ts";
import {
  copyOf,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { problemsOf } from "./harness/checks.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

const traceable = spawnSync("strace", ["-o", "/dev/null", "true"]).status === 0;

/** System calls of all threads in the order in which they ended. */
type Call = { readonly name: string; readonly line: string };

/** The calls that write to the WAL, sync it, and answer on a socket, while a server answers some writes. */
async function trace(synchronous: "full" | "normal", writes: number): Promise<Call[]> {
  const output = join(temporaryFolder(), "trace");
  await using server = await startServer(
    { CHINOOK_SYNCHRONOUS: synchronous },
    { database: copyOf(catalogue) },
  );
  const calls = "pwrite64,pwritev,fsync,fdatasync,write,writev,sendto,sendmsg";
  const strace = spawn("strace", [
    "-f",
    "-y",
    "-s",
    "48",
    "-e",
    `trace=${calls}`,
    "-p",
    String(server.pid),
    "-o",
    output,
  ]);
  const ended = new Promise((resolve) => strace.once("exit", resolve));
  while (!/attached/.test(await nextOf(strace.stderr)));
  for (let i = 0; i < writes; i++)
    expect((await post(server, "/v1/artists", { name: `Traced ${i}` })).status).toBe(201);
  strace.kill("SIGINT");
  await ended;
  return callsIn(readFileSync(output, "utf8"));
}

const nextOf = (stream: NodeJS.ReadableStream): Promise<string> =>
  new Promise((resolve) => stream.once("data", (chunk: Buffer) => resolve(chunk.toString())));

/** A call that another thread interrupts is told in two lines: it has happened at the second. */
function callsIn(text: string): Call[] {
  const begun = new Map<string, string>();
  const calls: Call[] = [];
  for (const full of text.split("\n")) {
    const [, thread, line] = /^(\d+)\s+(.*)$/.exec(full) ?? [];
    if (thread === undefined || line === undefined) continue;
    if (line.endsWith("<unfinished ...>")) {
      begun.set(thread, line);
      continue;
    }
    const whole = /^<\.\.\. \w+ resumed>/.test(line) ? `${begun.get(thread)}${line}` : line;
    const name = /^\w+/.exec(whole)?.[0];
    if (name !== undefined) calls.push({ name, line: whole });
  }
  return calls;
}

const ofWal = ({ line }: Call) => line.includes("database.sqlite-wal>");
const isSync = (call: Call) => /^f(data)?sync$/.test(call.name) && ofWal(call);
const isWrite = (call: Call) => call.name.startsWith("pwrite") && ofWal(call);
const isAnswer = ({ line }: Call) => line.includes("HTTP/1.1 201");

describe(`the system calls of a write${traceable ? "" : " (skipped: there is no strace)"}`, () => {
  test.skipIf(!traceable)(
    "with full: the WAL is written, then synced, and only then the client is answered",
    async () => {
      const calls = await trace("full", 10);
      const answers = calls.flatMap((call, i) => (isAnswer(call) ? [i] : []));
      expect(answers).toHaveLength(10);
      answers.forEach((answer, i) => {
        const before = calls.slice(i === 0 ? 0 : answers[i - 1], answer);
        const [written, synced] = [before.findIndex(isWrite), before.findLastIndex(isSync)];
        expect(written, "written").toBeGreaterThanOrEqual(0);
        expect(synced, "synced after the last frame").toBeGreaterThan(before.findLastIndex(isWrite));
      });
    },
  );

  test.skipIf(!traceable)("with normal: the WAL is written but not synced before the answer", async () => {
    const calls = await trace("normal", 10);
    expect(calls.filter(isAnswer)).toHaveLength(10);
    expect(calls.filter(isWrite).length).toBeGreaterThanOrEqual(10);
    // The head of a new WAL is synced whatever the mode.
    expect(calls.filter(isSync).length).toBeLessThanOrEqual(1);
  });
});

const run = (command: string, ...args: readonly string[]): boolean => spawnSync(command, args).status === 0;

/** A file system of its own in a file: what was not synced is in memory only, and not in that file. */
class Disk {
  readonly folder = join(temporaryFolder(), "mounted");
  readonly #image: string;

  private constructor(image: string) {
    this.#image = image;
    mkdirSync(this.folder);
  }

  /** Undefined where that is not allowed. */
  static make(): Disk | undefined {
    const image = join(temporaryFolder(), "image");
    writeFileSync(image, "");
    truncateSync(image, 64 * 1_048_576);
    return run("mkfs.ext4", "-q", "-F", image) ? new Disk(image).#mounted() : undefined;
  }

  /** The disk as a power cut at this moment would leave it, in another machine. */
  cut(): Disk {
    const image = join(temporaryFolder(), "image");
    copyFileSync(this.#image, image);
    return new Disk(image).#mounted()!;
  }

  #mounted(): Disk | undefined {
    return run("mount", "-o", "loop", this.#image, this.folder) ? this : undefined;
  }

  unmount(): void {
    run("umount", "-l", this.folder);
  }
}

const cuttable = (() => {
  const disk = Disk.make();
  disk?.unmount();
  return disk !== undefined;
})();

/** Adds artists from many clients, and stops the server dead once so many are acknowledged. @returns those. */
async function addUntilStopped(server: TestServer, enough: number): Promise<string[]> {
  const names: string[] = [];
  const stopped = Promise.withResolvers<void>();
  const write = async (client: number) => {
    for (let i = 0; ; i++) {
      const name = `cut ${client}-${i}`;
      const { status } = await post(server, "/v1/artists", { name });
      if (status === 201) names.push(name);
      if (names.length === enough) {
        server.child.kill("SIGSTOP");
        stopped.resolve();
      }
    }
  };
  for (let client = 0; client < 16; client++) write(client).catch(() => {});
  await stopped.promise;
  return [...names];
}

describe(`a power cut${cuttable ? "" : " (skipped: a disk to cut takes root and mkfs.ext4)"}`, () => {
  // Somebody else's sync of all disks, just then, saves what should be lost: tried again.
  test.skipIf(!cuttable).each(["full", "normal"] as const)(
    "under %s writes leaves a consistent file",
    { retry: 2 },
    async (synchronous) => {
      const disk = Disk.make()!;
      onTestFinished(() => disk.unmount());
      const database = join(disk.folder, "database.sqlite");
      copyFileSync(catalogue, database);
      expect(run("sync", "-f", database)).toBe(true);
      await using server = await startServer({ CHINOOK_SYNCHRONOUS: synchronous }, { database });
      writeFileSync(join(disk.folder, "unsynced"), "what was never synced");
      const acknowledged = await addUntilStopped(server, 400);
      const after = disk.cut();
      onTestFinished(() => after.unmount());
      await server.kill();

      const left = { database: join(after.folder, "database.sqlite") };
      expect(problemsOf(left.database)).toEqual([]);
      const stored = new Set(column<string>(left as TestServer, "SELECT name FROM artists"));
      const lost = acknowledged.filter((name) => !stored.has(name));
      if (synchronous === "full") expect(lost, "acknowledged and lost").toEqual([]);
      else expect(lost.length, "what normal gives up").toBeGreaterThan(0);
      const unsynced = join(after.folder, "unsynced");
      expect(existsSync(unsynced) ? readFileSync(unsynced, "utf8") : "", "the cut was one").toBe("");
    },
  );
});
