import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { snapshotHolders } from "../../src/main/features/health/machine.ts";
import { openForWriting } from "../../src/shared/database/sqlite.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

/** Real faults of a real server, and what its health says of them. */

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(300);
});

const HOOKS = join(import.meta.dirname, "../reliability/hooks");

interface Start {
  readonly settings?: Record<string, string>;
  /** Changes the file before the server opens it. */
  readonly spoil?: (database: string) => void;
  readonly hook?: "clock" | "threads";
  readonly wrap?: readonly string[];
}

async function start({ settings = {}, spoil, hook, wrap }: Start = {}) {
  const folder = temporaryFolder();
  const database = copyOf(catalogue);
  spoil?.(database);
  const hooked = hook === undefined ? {} : { NODE_OPTIONS: `--require ${join(HOOKS, `${hook}.cjs`)}` };
  const environment = { CHINOOK_INTEGRITY_EVERY: "0", FAULT_FOLDER: folder, ...hooked, ...settings };
  const server = await startServer(environment, { database, ...(wrap === undefined ? {} : { wrap }) });
  return Object.assign(server, { folder });
}

const checkOf = async (server: TestServer, name: string): Promise<Json> =>
  (await get(server, "/health")).json.checks.find((check: Json) => check.name === name);

/** Polls until the check has the status; the test's timeout is the limit. */
async function turned(server: TestServer, name: string, status: string): Promise<Json> {
  for (;;) {
    const check = await checkOf(server, name);
    if (check.status === status) return check;
    await delay(100);
  }
}

async function unwell(server: TestServer, name: string): Promise<void> {
  while ((await checkOf(server, name)).status === "ok") await delay(100);
}

/** Changes the file as another program would. */
function spoilWith(...statements: readonly string[]) {
  return (database: string) => {
    const db = openForWriting(database, "normal");
    db.unsafeMode(true);
    db.pragma("foreign_keys = OFF");
    for (const sql of statements) db.exec(sql);
    db.close();
  };
}

describe("health", () => {
  test("of a healthy server has every check, and none fails", async () => {
    await using server = await start();
    const { status, json } = await get(server, "/health");
    expect(status).toBe(200);
    expect(json).toMatchObject({ server: "ok", writer: true, readers: true, catalogue: "ready" });
    expect(json.checks.filter((check: Json) => check.status === "fail")).toEqual([]);
  });

  test("fails while the writer is dead, and recovers with it", async () => {
    await using server = await start({ hook: "threads" });
    const gate = join(server.folder, "gate");
    writeFileSync(gate, "");
    await post(server, "/v1/artists", { name: "fault-exit" });
    const { status, json } = await get(server, "/health");
    expect([status, json.status, json.writer]).toEqual([503, "fail", false]);
    expect(await checkOf(server, "writer")).toMatchObject({ status: "fail", value: "dead" });
    rmSync(gate);
    await turned(server, "writer", "ok");
    await turned(server, "threads_lost", "warn");
    expect((await get(server, "/health")).status).toBe(200);
  });

  test("detects a process that was paused", async () => {
    await using server = await start();
    await get(server, "/health");
    server.child.kill("SIGSTOP");
    await delay(1_500);
    server.child.kill("SIGCONT");
    expect((await turned(server, "standstill", "warn")).value).toBeGreaterThan(1_000);
  });

  test("detects a clock change", async () => {
    await using server = await start({ hook: "clock" });
    expect((await checkOf(server, "clock")).status).toBe("ok");
    writeFileSync(join(server.folder, "offset"), "-3600000");
    expect((await turned(server, "clock", "warn")).value).toBeGreaterThan(3_500_000);
  });

  test("detects a shortage of file descriptors", async () => {
    await using server = await start({ wrap: ["prlimit", "--nofile=56:56"] });
    const check = await checkOf(server, "descriptors");
    expect(check.status).not.toBe("ok");
    expect(check.recommendation).toContain("LimitNOFILE");
  });

  test("detects less free disk space than configured", async () => {
    await using server = await start({ settings: { CHINOOK_HEALTH_DISK_FREE_MB: "1048576" } });
    for (const name of ["disk_database", "disk_backups"]) await unwell(server, name);
  });

  test.skipIf(!existsSync("/dev/shm"))("detects a database on tmpfs", async () => {
    const folder = mkdtempSync("/dev/shm/chinook-");
    onTestFinished(() => rmSync(folder, { recursive: true }));
    await using server = await startServer({}, { database: join(folder, "database.sqlite") });
    expect((await turned(server, "file_system", "warn")).value).toBe("tmpfs");
    await server.stop();
  });

  test("detects reads that wait longer than configured", async () => {
    await using server = await start({
      settings: { CHINOOK_HEALTH_WAIT_MS: "1", CHINOOK_SCAN_READERS: "1" },
    });
    const searches = Array.from({ length: 300 }, (_, i) => get(server, `/v1/search?q=love+${i}&mode=fuzzy`));
    await Promise.all(searches);
    const check = await turned(server, "scan_wait", (await checkOf(server, "scan_wait")).status);
    expect(check.status).not.toBe("ok");
    expect(check.value).toBeGreaterThan(1);
  });

  test("detects a full cache with a low hit ratio", async () => {
    await using server = await start({ settings: { CHINOOK_CACHE_MB: "1" } });
    const sorts = ["name", "-name", "milliseconds", "-milliseconds", "id", "-id"];
    for (const sort of sorts) {
      const pages = Array.from({ length: 100 }, (_, i) => `/v1/tracks?limit=${i + 1}&sort=${sort}`);
      await Promise.all(
        [...pages, ...pages.map((page) => `${page}&total=1`)].map((page) => get(server, page)),
      );
    }
    const check = await turned(server, "cache_hit_ratio", "warn");
    expect(check.recommendation).toContain("CHINOOK_CACHE_MB");
  });

  test("detects a WAL held by another process, and names the process", async () => {
    await using server = await start({ settings: { CHINOOK_WAL_LIMIT_MB: "1" } });
    const script = `const db = new (require("better-sqlite3"))(process.argv[1]); db.exec("BEGIN");
      db.prepare("SELECT count(*) FROM artists").get(); console.log("held"); setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["-e", script, server.database], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void holder.kill());
    await once(holder.stdout, "data");
    const plays = Array.from({ length: 1_000 }, () => ({ track_id: 1, user_id: 1 }));
    while ((await post(server, "/v1/plays", plays)).status === 201);
    expect((await checkOf(server, "wal")).status).toBe("fail");
    expect((await snapshotHolders(server.database)).join()).toContain(`(${holder.pid})`);
    holder.kill();
    await once(holder, "exit");
    // What this batch writes is more than half of the limit, and so a warning until the next checkpoint.
    while ((await post(server, "/v1/plays", plays)).status !== 201);
    while ((await checkOf(server, "wal")).status === "fail") await delay(100);
    expect((await snapshotHolders(server.database)).join()).not.toContain(`(${holder.pid})`);
  }, 180_000);

  test("detects tracks missing from the text index", async () => {
    const spoil = spoilWith("DELETE FROM tracks_fts_docsize WHERE id = 1");
    await using server = await start({ spoil });
    await turned(server, "text_index_coverage", "warn");
  });

  test("detects vectors that could not be computed", async () => {
    const spoil = spoilWith("UPDATE vector_queue SET state = 'failed' WHERE kind = 'lyric'");
    await using server = await start({ spoil });
    const check = await turned(server, "vector_coverage", "warn");
    expect(check.recommendation).toContain("vectors generate");
  });

  test("detects a missing backup, and a new one", async () => {
    await using server = await start();
    expect((await turned(server, "backups", "warn")).value).toBeNull();
    const made = await chinook(["backup", "create", "--database", server.database]);
    expect(made.code, made.stderr).toBe(0);
    await server.stop();
    await using again = await startServer({}, { database: server.database });
    while ((await checkOf(again, "backups")).value === null) await delay(100);
    expect((await checkOf(again, "backups")).status).toBe("ok");
  });

  test("detects an unreachable bucket", async () => {
    await using server = await start({
      settings: {
        CHINOOK_BACKUP_S3_BUCKET: "nowhere",
        CHINOOK_BACKUP_S3_ENDPOINT: "http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID: "a",
        AWS_SECRET_ACCESS_KEY: "b",
      },
    });
    await turned(server, "backup_bucket", "warn");
  });
});

describe("integrity checks of a served database", () => {
  const EVERY = { CHINOOK_INTEGRITY_EVERY: "1s" };

  test("pass on an intact database", async () => {
    await using server = await start({ settings: EVERY });
    for (const name of ["pages", "foreign_keys", "text_index"])
      while ((await checkOf(server, name)).value === null) await delay(100);
    expect((await checkOf(server, "text_index")).status).toBe("ok");
  });

  test("detect a broken foreign key and an outdated text index", async () => {
    await using server = await start({ settings: EVERY });
    spoilWith(
      "UPDATE tracks SET media_type_id = 987654 WHERE id = 1",
      "UPDATE tracks_fts_docsize SET sz = x'01' WHERE id = 1",
    )(server.database);
    const keys = await turned(server, "foreign_keys", "fail");
    expect(keys.recommendation).toContain("tracks");
    expect((await turned(server, "text_index", "fail")).recommendation).toContain("chinook fts rebuild");
  });

  test("detect an overwritten page", async () => {
    const spoil = (database: string) => {
      const db = openForWriting(database, "normal");
      const page = db
        .prepare(
          "SELECT rootpage FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'plays' AND sql IS NOT NULL",
        )
        .pluck()
        .get() as number;
      const bytes = db.pragma("page_size", { simple: true }) as number;
      db.close();
      const file = openSync(database, "r+");
      // The header of the page stays: its cell pointers are invalid.
      writeSync(file, Buffer.alloc(bytes - 512, 0xff), 0, bytes - 512, (page - 1) * bytes + 256);
      closeSync(file);
    };
    await using server = await start({ settings: EVERY, spoil });
    expect((await turned(server, "pages", "fail")).value).toBe("damaged");
  });
});

describe("chinook health-check", () => {
  test("exits with 0 on a warning, with 1 on a warning with --strict, and with 1 on a failure", async () => {
    await using server = await start({ settings: { CHINOOK_HEALTH_DISK_FREE_MB: "1048576" } });
    const ask = (...flags: string[]) => chinook(["health-check", "--database", server.database, ...flags]);
    await unwell(server, "disk_backups");
    const { json } = await get(server, "/health");
    const relaxed = await ask();
    expect(relaxed.code).toBe(json.status === "fail" ? 1 : 0);
    expect(relaxed.stdout).toContain("disk_database");
    expect((await ask("--strict")).code).toBe(1);
    const { stdout } = await ask("--json");
    expect(JSON.parse(stdout).checks).toHaveLength(json.checks.length);
  });

  test("prints the most important problem first", async () => {
    await using server = await start();
    await turned(server, "backups", "warn");
    const { stdout, code } = await chinook(["health-check", "--database", server.database]);
    expect(code).toBe(0);
    const [, first, advice] = stripVTControlCharacters(stdout).split("\n");
    expect(first).toMatch(/^ {2}warn {2}backups/);
    expect(advice).toContain("CHINOOK_BACKUP_EVERY");
  });

  test("exits with 1 if no server runs", async () => {
    const { code, stderr } = await chinook(["health-check", "--database", copyOf(catalogue)]);
    expect(code).toBe(1);
    expect(stderr).toContain("chinook serve");
  });
});
