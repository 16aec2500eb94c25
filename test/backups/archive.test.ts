import { createHash } from "node:crypto";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { BackupFolder } from "../../src/main/features/backups/archive/folder.ts";
import { backupsIn, find, RUN } from "../../src/main/features/backups/archive/jobs.ts";
import {
  backupId,
  DATA_FILE,
  MANIFEST_FILE,
  type Manifest,
  parseManifest,
  seal,
} from "../../src/main/features/backups/archive/manifest.ts";
import { identityOf } from "../../src/shared/database/identity.ts";
import { chinook, temporaryFolder } from "../support/server.ts";
import { fail, run } from "./support.ts";

/** Two databases that keep their backups in one folder. */
let folder: string;
let [mine, others] = ["", ""];
let [first, second]: Manifest[] = [];

beforeAll(async () => {
  folder = temporaryFolder();
  [mine, others] = [join(temporaryFolder(), "mine.sqlite"), join(temporaryFolder(), "others.sqlite")];
  for (const database of [mine, others]) {
    const { code, stderr } = await chinook(["setup", "--demo", "0", "--database", database]);
    expect(code, stderr).toBe(0);
  }
  first = await run(["backup", "create", "--database", mine, "--backup-dir", folder]);
  second = await run(["backup", "create", "--database", others, "--backup-dir", folder]);
}, 240_000);

const places = (of: string | null, path = folder) => ({ folder: path, bucket: null, databaseId: of });
const nothing = () => {};
const codeOf = (error: { code: string }): string => error.code;

/** A folder with one backup, derived from a valid one. */
function forged(from: Manifest, change: Partial<Manifest>, data?: Buffer): string {
  const to = temporaryFolder();
  const changed = seal({ ...from, ...change });
  cpSync(join(folder, from.id), join(to, changed.id), { recursive: true });
  writeFileSync(join(to, changed.id, MANIFEST_FILE), JSON.stringify(changed));
  if (data !== undefined) writeFileSync(join(to, changed.id, DATA_FILE), data);
  return to;
}

test("decompression stops at the size the manifest states", async () => {
  const data = zstdCompressSync(Buffer.alloc(64 * 1_048_576));
  expect(data.length).toBeLessThan(65_536);
  const sha256 = createHash("sha256").update(data).digest("hex");
  const path = forged(first!, { bytes: data.length, sha256 }, data);
  const verify = RUN.verify(places(null, path), { from: "folder", id: first!.id }, nothing);
  await expect(verify).rejects.toMatchObject({ code: "backup_damaged" });
  await expect(verify).rejects.toThrow(`more than its stated size of ${first!.database_bytes} bytes`);
});

describe("a manifest", () => {
  test("is invalid if any field was changed", () => {
    const text = readFileSync(join(folder, first!.id, MANIFEST_FILE), "utf8");
    expect(parseManifest(text)).toEqual(first);
    for (const [field, value] of Object.entries(first!)) {
      const other =
        typeof value === "number"
          ? value + 1
          : field === "rows"
            ? { ...first!.rows, tracks: 9 }
            : `${value}0`;
      const changed = { ...first!, [field]: other };
      expect(parseManifest(JSON.stringify(changed)), field).toBeUndefined();
    }
  });

  test("is valid in any order of its members", () => {
    const turned = Object.fromEntries(Object.entries(first!).toReversed());
    expect(parseManifest(JSON.stringify(turned))).toEqual(first);
  });

  test("without a checksum (older releases) is read and matches any database", async () => {
    const { checksum: _, database_id: __, ...fields } = first!;
    const path = forged(first!, {});
    writeFileSync(join(path, first!.id, MANIFEST_FILE), JSON.stringify({ ...fields, format: 1 }));
    const found = await backupsIn(new BackupFolder(path), { databaseId: "another" });
    expect(found.map(({ id }) => id)).toEqual([first!.id]);
  });
});

describe("databases that share a backup folder", () => {
  test("list only their own backups", async () => {
    expect(first!.database_id).toBe(identityOf(mine));
    expect(first!.database_id).not.toBe(second!.database_id);
    for (const [database, backup] of [
      [mine, first],
      [others, second],
    ] as const) {
      const listed = await run(["backup", "list", "--database", database, "--backup-dir", folder]);
      expect(listed.data.map(({ id }: Manifest) => id)).toEqual([backup!.id]);
    }
  });

  test("restore their own latest backup by default, and none if ownership is unclear", async () => {
    const [own, none] = [{ databaseId: first!.database_id }, { databaseId: null }];
    expect((await find(new BackupFolder(folder), "latest", own)).id).toBe(first!.id);
    expect((await find(new BackupFolder(folder), second!.id, own)).id).toBe(second!.id);
    expect(await find(new BackupFolder(folder), "latest", none).catch(codeOf)).toBe("backup_unknown");
    const fresh = ["--database", join(temporaryFolder(), "new.sqlite"), "--backup-dir", folder];
    expect(await fail(["backup", "restore", ...fresh])).toMatchObject({ code: "backup_unknown" });
  });

  test("prune only their own backups", async () => {
    const keep = { last: 1, daily: 0, weekly: 0 };
    const { kept, removed } = await RUN.prune(
      places(first!.database_id),
      { from: "folder", keep, dryRun: false },
      nothing,
    );
    expect([kept.map(({ id }) => id), removed]).toEqual([[first!.id], []]);
  });
});

test("a backup dated in the future is restored by name only, never as the latest", async () => {
  const at = new Date(Date.now() + 365 * 86_400_000);
  const future = { id: backupId(at), created_at: at.toISOString() };
  const path = forged(first!, future);
  const own = { databaseId: first!.database_id };
  const store = new BackupFolder(path);
  await expect(find(store, "latest", own)).rejects.toThrow(`future only, such as ${future.id}`);
  expect((await find(store, future.id, own)).id).toBe(future.id);
  renameSync(join(forged(first!, {}), first!.id), join(path, first!.id));
  expect((await find(store, "latest", own)).id).toBe(first!.id);
});
