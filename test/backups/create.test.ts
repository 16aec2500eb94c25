import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import {
  DATA_FILE,
  MANIFEST_FILE,
  type Manifest,
  seal,
} from "../../src/main/features/backups/archive/manifest.ts";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  temporaryFolder,
} from "../support/server.ts";
import {
  addArtist,
  artistsOf,
  backUp,
  backupsOf,
  columnOf,
  entriesOf,
  fail,
  restoredCopy,
  run,
  settled,
} from "./support.ts";

const catalogue = await makeCatalogue(500);
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

describe("a backup", () => {
  test("holds the database's content and a manifest that describes it", async () => {
    const database = copyOf(catalogue);
    const backup: Manifest = await run(["backup", "create", "--database", database]);
    const folder = join(backupsOf(database), backup.id);
    const data = readFileSync(join(folder, DATA_FILE));
    const plain = zstdDecompressSync(data);
    expect([backup.bytes, backup.sha256]).toEqual([data.length, sha256(data)]);
    expect([backup.database_bytes, backup.database_sha256]).toEqual([plain.length, sha256(plain)]);
    expect(backup).toMatchObject({ reason: "manual", compression: "zstd" });
    expect(backup.schema_version).toBe(backup.rows.schema_migrations);
    expect(backup.rows.tracks).toBe(500);
    expect(JSON.parse(readFileSync(join(folder, MANIFEST_FILE), "utf8"))).toEqual(backup);
    expect(entriesOf(backupsOf(database))).toEqual([backup.id]);
    expect(await run(["backup", "list", "--database", database])).toEqual({ data: [backup] });
  });

  test("is readable only by its owner", async () => {
    const database = copyOf(catalogue);
    const { id } = await run(["backup", "create", "--database", database]);
    const folder = backupsOf(database);
    const modes = ["", id, join(id, DATA_FILE), join(id, MANIFEST_FILE)].map((name) =>
      mode(join(folder, name)),
    );
    expect(modes).toEqual(["700", "700", "600", "600"]);
  });

  test("made under load is consistent and holds every write acknowledged before it", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    let [writing, answered] = [true, 0];
    const clients = Array.from({ length: 20 }, async () => {
      while (writing) {
        const plays = [{ track_id: 1 }, { track_id: 2 }];
        expect((await post(server, "/v1/plays", plays)).status).toBe(201);
        answered += 2;
      }
    });
    const before = columnOf(server.database, "SELECT count(*) FROM plays")[0]!;
    while (answered < 400) await delay(10);
    const atLeast = before + answered;
    const backup = await backUp(server);
    const atMost = before + answered + 2 * clients.length;
    writing = false;
    await Promise.all(clients);
    expect(backup.rows.plays).toBeGreaterThanOrEqual(atLeast);
    expect(backup.rows.plays).toBeLessThanOrEqual(atMost);
    // Two plays are one command: half of one would be an odd number of them.
    expect((backup.rows.plays! - before) % 2).toBe(0);
    expect(entriesOf(backupsOf(server.database))).toEqual([backup.id]);
    const copy = await restoredCopy(backupsOf(server.database), backup.id);
    expect(columnOf(copy, "SELECT count(*) FROM plays")).toEqual([backup.rows.plays]);
    expect(columnOf(copy, "PRAGMA integrity_check")).toEqual(["ok"]);
    expect(await server.stop()).toBe(0);
  });

  test("by the command goes through the running server and is counted there", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    const { id } = await run(["backup", "create", "--database", server.database]);
    expect((await get(server, "/admin/backups")).json.data).toMatchObject([{ id }]);
    expect(await run(["backup", "verify", "--database", server.database])).toMatchObject({ id });
    const { text } = await get(server, "/metrics");
    expect(text).toContain('chinook_backups_total{result="ok"} 1');
    expect(text).toMatch(/chinook_backup_last_success_timestamp_seconds 1\d{9}/);
    expect(server.stderr()).not.toContain('"level":50');
  });

  test("is made without the writer if checkpoints are external", async () => {
    await using server = await startServer(
      { CHINOOK_CHECKPOINTS: "external" },
      { database: copyOf(catalogue) },
    );
    await addArtist(server, "Replicated");
    const { id } = await backUp(server);
    expect(server.stderr()).not.toContain("database copied");
    expect(artistsOf(await restoredCopy(backupsOf(server.database), id))).toContain("Replicated");
  });

  test("of a missing file is refused and leaves no files", async () => {
    const database = join(temporaryFolder(), "nothing.sqlite");
    expect((await fail(["backup", "create", "--database", database])).code).toBe("database_unusable");
    expect(entriesOf(join(database, ".."))).toEqual([]);
  });

  test("of a file that is not a database fails and leaves no files", async () => {
    const database = join(temporaryFolder(), "letter.sqlite");
    writeFileSync(database, "Dear Sir or Madam, this is no database. ".repeat(200));
    expect((await fail(["backup", "create", "--database", database])).code).toBe("corrupt");
    expect(entriesOf(backupsOf(database))).toEqual([]);
  });
});

describe("backup jobs of a server", () => {
  test("run one at a time: a second is refused, and each has a status by id", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    const [first, second] = await Promise.all([
      post(server, "/admin/backups", {}),
      post(server, "/admin/backups", {}),
    ]);
    expect([first.status, second.status].toSorted()).toEqual([202, 409]);
    const [accepted, refused] = first.status === 202 ? [first, second] : [second, first];
    expect(refused.json.code).toBe("backup_running");
    expect(accepted.headers.get("location")).toBe(`/admin/backups/jobs/${accepted.json.id}`);
    const job = await settled(server, accepted.json.id);
    expect(job).toMatchObject({ job: "create", status: "done", error: null });
    expect((await get(server, "/admin/backups/jobs/99")).status).toBe(404);
    expect((await get(server, "/admin/backups?from=moon")).json.code).toBe("invalid");
    expect((await post(server, "/admin/backups/20000101T000000000Z/verify", {})).json.code).toBe(
      "backup_unknown",
    );
  });

  test("stop with the server, which leaves no partial backup", async () => {
    const server = await startServer({}, { database: copyOf(catalogue) });
    await post(server, "/admin/backups", {});
    expect(await server.stop()).toBe(0);
    const left = entriesOf(backupsOf(server.database)).filter((name) => name.startsWith("."));
    expect(left).toEqual([]);
  });

  test("that died with the server are not listed; the next job removes their files", async () => {
    const database = copyOf(catalogue);
    const server = await startServer({}, { database });
    const { json } = await post(server, "/admin/backups", {});
    while ((await get(server, `/admin/backups/jobs/${json.id}`)).json.phase === null) await delay(1);
    await server.kill();
    const { id } = await run(["backup", "create", "--database", database]);
    const { data } = await run(["backup", "list", "--database", database]);
    expect(data.map((backup: Manifest) => backup.id)).toContain(id);
    const folder = backupsOf(database);
    const left = entriesOf(folder).filter((name) => name.startsWith("."));
    expect(left.filter((name) => name.includes(`-${server.pid}-`))).toEqual([]);
  });

  test("make scheduled backups and keep the configured number", async () => {
    await using server = await startServer(
      {
        CHINOOK_BACKUP_EVERY: "1s",
        CHINOOK_BACKUP_KEEP_LAST: "2",
        CHINOOK_BACKUP_KEEP_DAILY: "0",
        CHINOOK_BACKUP_KEEP_WEEKLY: "0",
      },
      { database: copyOf(catalogue) },
    );
    while (!server.stderr().includes("old backups removed")) await delay(50);
    const { data } = (await get(server, "/admin/backups")).json;
    expect(data.every(({ reason }: Manifest) => reason === "scheduled")).toBe(true);
    expect(data.length).toBeLessThanOrEqual(3);
    expect(await server.stop()).toBe(0);
  });
});

describe("backup verify", () => {
  /** A backup and the path of its files. */
  async function made() {
    const database = copyOf(catalogue);
    const backup: Manifest = await run(["backup", "create", "--database", database]);
    const folder = join(backupsOf(database), backup.id);
    const verify = () => fail(["backup", "verify", backup.id, "--database", database]);
    return { database, backup, verify, data: join(folder, DATA_FILE), manifest: join(folder, MANIFEST_FILE) };
  }

  test("detects a flipped bit", async () => {
    const { data, verify } = await made();
    const bytes = readFileSync(data);
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(data, bytes);
    expect((await verify()).code).toBe("backup_damaged");
  });

  test("ignores a truncated backup, which is not listed", async () => {
    const { database, data, verify } = await made();
    truncateSync(data, 1_000);
    expect((await run(["backup", "list", "--database", database])).data).toEqual([]);
    expect((await verify()).code).toBe("backup_unknown");
  });

  /** Changes the database in a backup and corrects every size and checksum. */
  function forge(
    { data, manifest, backup }: Awaited<ReturnType<typeof made>>,
    spoil: (db: Database.Database, file: string) => void,
  ): void {
    const file = join(temporaryFolder(), "forged.sqlite");
    writeFileSync(file, zstdDecompressSync(readFileSync(data)));
    const db = new Database(file);
    spoil(db, file);
    db.close();
    const plain = readFileSync(file);
    const packed = zstdCompressSync(plain);
    writeFileSync(data, packed);
    const fitting = { bytes: packed.length, sha256: sha256(packed), database_sha256: sha256(plain) };
    writeFileSync(manifest, JSON.stringify(seal({ ...backup, ...fitting, database_bytes: plain.length })));
  }

  test.each([
    [
      "rows that refer to nothing",
      "foreign_key_check",
      "PRAGMA foreign_keys = OFF; UPDATE albums SET artist_id = 0 WHERE id = 1",
    ],
    [
      "a text index that says something else",
      "text index",
      "DROP TRIGGER track_documents_update; UPDATE track_documents SET name = 'elsewhere' WHERE id = 1; CREATE TRIGGER track_documents_update AFTER UPDATE ON track_documents BEGIN SELECT 1; END",
    ],
    ["rows that are missing", "row counts: plays", "DELETE FROM plays WHERE id = 1"],
  ])("detects %s although every checksum matches", async (_, says, sql) => {
    const backup = await made();
    forge(backup, (db) => db.exec(sql));
    const { code, detail } = await backup.verify();
    expect([code, detail]).toEqual(["backup_damaged", expect.stringContaining(says)]);
  });

  test("detects a page that contradicts its index although every checksum matches", async () => {
    const backup = await made();
    forge(backup, (db) => {
      db.unsafeMode();
      db.pragma("writable_schema = ON");
      db.exec(
        "UPDATE sqlite_schema SET sql = 'CREATE INDEX artists_slug ON artists (name)' WHERE name = 'artists_slug'",
      );
    });
    const { code, detail } = await backup.verify();
    expect([code, detail]).toEqual(["backup_damaged", expect.stringContaining("integrity_check")]);
  });
});

describe("backup prune", () => {
  test("removes what retention does not keep; --dry-run only lists it", async () => {
    const database = copyOf(catalogue);
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) ids.unshift((await run(["backup", "create", "--database", database])).id);
    const keepOne = ["--backup-keep-last", "1", "--backup-keep-daily", "0", "--backup-keep-weekly", "0"];
    const prune = ["backup", "prune", "--database", database, ...keepOne];
    const idsOf = (backups: Manifest[]) => backups.map(({ id }) => id);
    const dry = await run([...prune, "--dry-run"]);
    expect([dry.dry_run, idsOf(dry.kept), idsOf(dry.removed)]).toEqual([true, ids.slice(0, 1), ids.slice(1)]);
    expect(entriesOf(backupsOf(database))).toEqual(ids.toSorted());
    expect(idsOf((await run(prune)).removed)).toEqual(ids.slice(1));
    expect(entriesOf(backupsOf(database))).toEqual(ids.slice(0, 1));
  });
});

/** A file system of one megabyte, in a mount namespace of its own: ENOSPC for real, without being root. */
const unshare = ["unshare", "--user", "--map-root-user", "--mount"];
const small = spawnSync(unshare[0]!, [
  ...unshare.slice(1),
  "mount",
  "-t",
  "tmpfs",
  "tmpfs",
  temporaryFolder(),
]);
const mayMount = small.status === 0;

/** Bytes by which the disk is larger than the database: room for the copy or not, and never for the rest. */
const DISKS = [
  ["without room for the copy is refused before anything is written", -65_536, "has room for"],
  ["that fills up during the copy fails the backup", 65_536, "ENOSPC"],
] as const;

test.skipIf(!mayMount).each(DISKS)(
  `a disk %s; no files are left and the server continues${mayMount ? "" : " (skipped: no mount namespaces here)"}`,
  async (_, more, says) => {
    const database = copyOf(catalogue);
    const folder = backupsOf(database);
    mkdirSync(folder);
    const size = statSync(database).size + more;
    const wrap = [
      ...unshare,
      "sh",
      "-c",
      `mount -t tmpfs -o size=${size} tmpfs "${folder}" && exec "$@"`,
      "sh",
    ];
    await using server = await startServer({}, { database, wrap });
    const { json } = await post(server, "/admin/backups", {});
    const job = await settled(server, json.id);
    expect([job.status, job.error.code]).toEqual(["failed", "disk_full"]);
    expect(job.error.detail).toContain(says);
    await addArtist(server, "Unharmed");
    const inside = spawnSync("ls", ["-A", `/proc/${server.pid}/root${folder}`], { encoding: "utf8" });
    expect(inside.stdout).toBe("");
    expect((await get(server, "/metrics")).text).toContain('chinook_backups_total{result="failed"} 1');
    expect(await server.stop()).toBe(0);
  },
);

test.skipIf(process.getuid?.() === 0)(
  "an unwritable folder is reported differently from a full disk",
  async () => {
    const database = copyOf(catalogue);
    mkdirSync(backupsOf(database), { mode: 0o500 });
    const { code, detail } = await fail(["backup", "create", "--database", database]);
    expect([code, detail]).toEqual(["backup_failed", expect.stringContaining("EACCES")]);
    chmodSync(backupsOf(database), 0o700);
  },
);

test.each([
  ["verify", "yesterday"],
  ["list", "--from", "moon"],
])("backup %s %s is a usage error", async (...args) => {
  expect((await chinook(["backup", ...args])).code).toBe(2);
});
