import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Status } from "../../src/main/features/health/check.ts";
import { CHECKS } from "../../src/main/features/health/checks/index.ts";
import type { Facts } from "../../src/main/features/health/facts.ts";
import { flagOf, SETTINGS, type SettingName } from "../../src/shared/settings.ts";
import { DEFAULTS, folder, WELL, waitsOf, windowOf } from "./facts.ts";

const judge = (name: string, facts: Partial<Facts>) =>
  CHECKS.find((check) => check.name === name)!.judge({ ...WELL, ...facts });

const machine = (change: Partial<Facts["machine"]>) => ({ machine: { ...WELL.machine, ...change } });
const damaged = (look: "pages" | "foreign_keys" | "text_index") => ({
  integrity: { ...WELL.integrity!, [look]: { faults: ["row 7 is missing"] } },
});
const wal = (bytes: number) => ({ wal: { frames: 1, checkpointed: 0, bytes } });
const folders = (name: keyof Facts["folders"], change: Partial<typeof folder>) => ({
  folders: { ...WELL.folders, [name]: { ...folder, ...change } },
});
const backups = (change: Partial<Facts["backups"]>) => ({ backups: { ...WELL.backups, ...change } });
const settings = (change: Partial<Facts["settings"]>) => ({ settings: { ...DEFAULTS, ...change } });
const MIB = 1_048_576;
const DAY = 86_400_000;

/** Facts that change each check's status. */
const TURNS: readonly (readonly [name: string, facts: Partial<Facts>, status: Status])[] = [
  ["server", { status: "draining" }, "fail"],
  ["server", { status: "starting" }, "fail"],
  ["writer", { writer: false }, "fail"],
  ["readers", { readers: false }, "fail"],
  ["cluster", { clusterBehind: 3 }, "warn"],
  ["cluster", { clusterBehind: 60 }, "fail"],
  ["threads_lost", { hour: windowOf({ threadsLost: 1 }) }, "warn"],
  ["threads_lost", { hour: windowOf({ threadsLost: 10 }) }, "fail"],
  ["server_errors", { recent: windowOf({ requests: 1_000, serverErrors: 1 }) }, "warn"],
  ["server_errors", { recent: windowOf({ requests: 1_000, serverErrors: 50 }) }, "fail"],
  ["housekeeping", { hour: windowOf({ housekeepingFailures: 1 }) }, "warn"],
  ["point_wait", { recent: windowOf(waitsOf("point", 0.5)) }, "warn"],
  ["point_wait", { recent: windowOf(waitsOf("point", 5)) }, "fail"],
  ["scan_wait", { recent: windowOf(waitsOf("scan", 0.5)) }, "warn"],
  ["write_wait", { recent: windowOf(waitsOf("write", 5)) }, "fail"],
  ["turned_away", { recent: windowOf({ requests: 10_000, turnedAway: 1 }) }, "warn"],
  ["turned_away", { recent: windowOf({ requests: 10_000, turnedAway: 500 }) }, "fail"],
  ["commit_time", { recent: windowOf(waitsOf("commit", 0.25)) }, "warn"],
  ["commit_time", { recent: windowOf(waitsOf("commit", 5)) }, "fail"],
  ["disk_sync", { diskSync: { leastMs: 20, medianMs: 30 } }, "warn"],
  ["file_system", folders("database", { fileSystem: "nfs" }), "fail"],
  ["file_system", folders("database", { fileSystem: "tmpfs" }), "warn"],
  ["file_system", folders("database", { fileSystem: "overlay" }), "warn"],
  ["disk_database", folders("database", { freeBytes: 900 * MIB }), "warn"],
  ["disk_database", folders("database", { freeBytes: 90 * MIB }), "fail"],
  ["disk_database", folders("database", { freeFiles: 3 }), "fail"],
  ["disk_backups", folders("backups", { freeBytes: 900 * MIB }), "warn"],
  ["disk_temporary", folders("temporary", { freeBytes: MIB }), "fail"],
  ["wal", wal(60 * MIB), "warn"],
  ["wal", wal(94 * MIB), "fail"],
  ["checkpoint_age", { checkpointBehindMs: 61_000 }, "warn"],
  ["checkpoint_age", { checkpointBehindMs: 3_600_000 }, "fail"],
  ["memory", machine({ residentBytes: 7 * 1_073_741_824 }), "warn"],
  ["memory", machine({ residentBytes: 7.9 * 1_073_741_824 }), "fail"],
  ["memory_available", machine({ availableBytes: 100 * MIB }), "warn"],
  ["memory_available", machine({ availableBytes: 10 * MIB }), "fail"],
  ["heap", machine({ heapRatio: 0.9 }), "warn"],
  ["heap", machine({ heapRatio: 0.98 }), "fail"],
  ["descriptors", machine({ descriptors: 900 }), "warn"],
  ["descriptors", machine({ descriptors: 1_000 }), "fail"],
  ["event_loop", { recent: windowOf({ loopP99: 150 }) }, "warn"],
  ["event_loop", { recent: windowOf({ loopP99: 1_500 }) }, "fail"],
  ["standstill", { recent: windowOf({ loopMax: 1_500 }) }, "warn"],
  ["clock", { hour: windowOf({ clock: -5_000 }) }, "warn"],
  ["cache_hit_ratio", { recent: windowOf({ hits: 100, lookUps: 1_000 }), cacheFullness: 0.95 }, "warn"],
  ["fills_dropped", { recent: windowOf({ misses: 1_000, staleFills: 300 }) }, "warn"],
  ["pages", damaged("pages"), "fail"],
  ["foreign_keys", damaged("foreign_keys"), "fail"],
  ["text_index", damaged("text_index"), "fail"],
  ["text_index_coverage", { textCoverage: 0.999 }, "warn"],
  ["vector_extension", { vectorExtension: "cannot be loaded" }, "fail"],
  ["vector_coverage", { vectors: { coverage: 0.9, failed: 1, unchangedMs: 0 } }, "warn"],
  ["vector_coverage", { vectors: { coverage: 0.9, failed: 0, unchangedMs: 700_000 } }, "warn"],
  ["migrations", { schema: { version: 13, known: 14 } }, "fail"],
  ["migrations", { schema: { version: 15, known: 14 } }, "fail"],
  ["backups", backups({ ageMs: null }), "warn"],
  ["backups", backups({ ageMs: 8 * DAY }), "warn"],
  ["backups", { ...backups({ ageMs: 3 * DAY }), ...settings({ backupEvery: 86_400 }) }, "warn"],
  ["backups", { ...backups({ ageMs: 11 * DAY }), ...settings({ backupEvery: 86_400 }) }, "fail"],
  ["backup_bucket", backups({ bucketAgeMs: "no such bucket" }), "warn"],
  ["backup_bucket", backups({ bucketAgeMs: null }), "warn"],
  ["backup_bucket", backups({ bucketAgeMs: 8 * DAY }), "warn"],
];

/** Facts that look like a fault but are none. */
const QUIET: readonly (readonly [name: string, facts: Partial<Facts>])[] = [
  ["cache_hit_ratio", { recent: windowOf({ hits: 1, lookUps: 10_000 }) }],
  ["cache_hit_ratio", { recent: windowOf({ lookUps: 10 }), cacheFullness: 0.95 }],
  ["commit_time", { recent: windowOf(waitsOf("commit", 0.25)), diskSync: { leastMs: 20, medianMs: 20 } }],
  ["wal", { ...wal(40 * MIB) }],
  ["vector_coverage", { vectors: { coverage: 0.9, failed: 0, unchangedMs: 1_000 } }],
  [
    "vector_coverage",
    { vectors: { coverage: 0, failed: 0, unchangedMs: 1e9 }, ...settings({ vectorGeneration: false }) },
  ],
  ["backups", backups({ ageMs: null, nothingToLose: true })],
  ["backups", { ...backups({ ageMs: null }), ...settings({ checkpoints: "external" }) }],
  ["pages", { integrity: null }],
];

test("a healthy server has no recommendations", () => {
  const found = CHECKS.map(({ name, judge }) => ({ name, ...judge(WELL) }));
  expect(found.filter(({ status }) => status !== "ok")).toEqual([]);
  for (const { recommendation } of found) expect(recommendation).toBeUndefined();
});

test("every check has a case that changes its status", () => {
  expect([...new Set(TURNS.map(([name]) => name))].toSorted()).toEqual(
    CHECKS.map(({ name }) => name).toSorted(),
  );
});

describe("a check", () => {
  test.each(TURNS)("%s changes its status and gives advice", (name, facts, status) => {
    const found = judge(name, facts);
    expect(found).toMatchObject({ status, recommendation: expect.stringMatching(/[.`]$/) });
  });

  test.each(QUIET)("%s stays ok", (name, facts) => {
    expect(judge(name, facts).status).toBe("ok");
  });

  test("of the clock fails if the clock was never set", () => {
    vi.useFakeTimers({ now: new Date("1970-01-02") });
    expect(judge("clock", {}).status).toBe("fail");
    vi.useRealTimers();
  });

  test("of checkpoints names the process that blocks them", () => {
    const behind = { checkpointBehindMs: 61_000 };
    expect(
      judge("checkpoint_age", { ...behind, snapshotHolders: ["sqlite3 (4711)"] }).recommendation,
    ).toContain("sqlite3 (4711)");
    expect(judge("checkpoint_age", behind).recommendation).toContain("chinook query slow");
    expect(
      judge("checkpoint_age", { ...behind, ...settings({ checkpoints: "external" }) }).recommendation,
    ).toContain("replicator");
  });

  test("names only existing settings", () => {
    const variables = new Set<string>(Object.values(SETTINGS).map(({ env }) => env));
    const flags = (Object.keys(SETTINGS) as SettingName[]).map(flagOf);
    expect(flags.length).toBe(variables.size);
    for (const [name, facts] of TURNS) {
      for (const [named] of judge(name, facts).recommendation!.matchAll(/CHINOOK_\w+/g))
        expect([...variables], name).toContain(named);
    }
  });
});

test("docs/operating.md lists every check and no other", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../docs/operating.md"), "utf8");
  const section = page.slice(page.indexOf("## Checks"), page.indexOf("## Integrity"));
  const rows = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(CHECKS.map(({ name }) => name).toSorted());
});
