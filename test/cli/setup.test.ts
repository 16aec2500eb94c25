import { statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type MachineFacts, unwise } from "../../src/main/features/setup/unwise.ts";
import { DEFAULTS } from "../health/facts.ts";
import {
  chinook,
  copyOf,
  type Json,
  makeCatalogue,
  startServer,
  temporaryFolder,
} from "../support/server.ts";

const AROUND: MachineFacts = {
  memoryBytes: 8 * 1_073_741_824,
  processors: 4,
  maxDescriptors: 65_536,
  fileSystem: "ext4",
  syncMs: 0.5,
  oneDisk: false,
};

type Change = Partial<typeof DEFAULTS>;

/** Unwise settings, and the setting that the warning names. */
const UNWISE: readonly (readonly [setting: string | null, Change, Partial<MachineFacts>])[] = [
  ["CHINOOK_CACHE_MB", { cacheMb: 8_000 }, {}],
  ["CHINOOK_POINT_READERS", { pointReaders: 8, scanReaders: 8 }, { processors: 2 }],
  [null, {}, { maxDescriptors: 1_024 }],
  ["CHINOOK_DATABASE", {}, { fileSystem: "nfs" }],
  ["CHINOOK_DATABASE", {}, { fileSystem: "tmpfs" }],
  ["CHINOOK_SYNCHRONOUS", {}, { syncMs: 30 }],
  ["CHINOOK_BACKUP_EVERY", { demo: false }, {}],
  ["CHINOOK_BACKUP_DIR", { backupEvery: 3_600 }, { oneDisk: true }],
  ["CHINOOK_PUBLIC_URL", { host: "0.0.0.0", demo: false, backupEvery: 60 }, {}],
  ["CHINOOK_ALLOWED_HOSTS", { publicUrl: "https://music.example.com" }, {}],
  ["CHINOOK_DEMO", { host: "::", tlsCert: "a" }, {}],
  ["CHINOOK_SMTP_URL", { auth: "required" }, {}],
  ["CHINOOK_ALERT_SECRET", { alertUrl: "https://a.example" }, {}],
];

describe("warnings about settings", () => {
  test("are not given for the defaults", () => {
    expect(unwise(DEFAULTS, AROUND)).toEqual([]);
  });

  test.each(UNWISE)("are given for %s", (setting, change, around) => {
    const found = unwise({ ...DEFAULTS, ...change }, { ...AROUND, ...around });
    expect(found.map((one) => one.setting)).toEqual([setting]);
  });

  test("are not given for settings that are safe together", () => {
    const provided: readonly Change[] = [
      { host: "0.0.0.0", demo: false, backupEvery: 60, trustedProxies: ["10.0.0.1"] },
      { publicUrl: "https://music.example.com", allowedHosts: ["music.example.com"] },
      { publicUrl: "https://10.0.0.1:8443" },
      { auth: "required", registration: "closed" },
      { backupEvery: 3_600, backupS3Bucket: "bucket" },
      { demo: false, checkpoints: "external" },
    ];
    for (const change of provided)
      expect(
        unwise({ ...DEFAULTS, ...change }, { ...AROUND, oneDisk: true }),
        JSON.stringify(change),
      ).toEqual(
        change.backupEvery === 60 ? [expect.objectContaining({ setting: "CHINOOK_BACKUP_DIR" })] : [],
      );
  });

  test("are printed by validate-config, beside the settings", async () => {
    const { code, stdout } = await chinook(["validate-config", "--json"], {
      CHINOOK_PUBLIC_URL: "http://m.example",
    });
    expect(code).toBe(0);
    const { unwise, CHINOOK_PORT } = JSON.parse(stdout);
    expect(CHINOOK_PORT).toBe(8_080);
    expect(unwise).toContainEqual({ setting: "CHINOOK_ALLOWED_HOSTS", advice: expect.any(String) });
  });

  test("contain no secret", async () => {
    const { stdout } = await chinook(["validate-config"], {
      CHINOOK_ALERT_SECRET: "a-secret-of-the-operator",
      CHINOOK_SMTP_URL: "smtp://a:hidden@localhost",
    });
    expect(stdout).not.toMatch(/a-secret|hidden/);
  });
});

describe("chinook setup", () => {
  const states = (stdout: string): Record<string, string> =>
    Object.fromEntries(JSON.parse(stdout).steps.map(({ step, state }: Json) => [step, state]));

  test("prepares a machine step by step, and changes nothing when it is repeated", async () => {
    const folder = join(temporaryFolder(), "new");
    const database = join(folder, "database.sqlite");
    const settings = { CHINOOK_AUTH: "required", CHINOOK_DATABASE: database, CHINOOK_DEMO: "0" };
    const first = await chinook(["setup", "--json"], settings);
    expect(first.code, first.stderr).toBe(0);
    expect(states(first.stdout)).toEqual({
      folder: "done",
      "vector extension": "already",
      database: "done",
      admin: "left",
      backup: "done",
      service: "left",
    });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const second = await chinook(["setup", "--admin", "ada@example.com", "--json"], settings);
    expect(states(second.stdout)).toMatchObject({ database: "already", admin: "done", backup: "already" });
    expect(second.stdout).toContain("/account#reset=");
    const third = await chinook(["setup", "--admin", "ada@example.com", "--json"], settings);
    expect(states(third.stdout)).toMatchObject({ admin: "already", backup: "already" });
    expect((await chinook(["backup", "verify", "latest", "--database", database])).code).toBe(0);
  });

  test("goes through the running server", async () => {
    await using server = await startServer({}, { database: copyOf(await makeCatalogue(20)) });
    const { code, stdout, stderr } = await chinook(["setup", "--database", server.database]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain(`the server runs at ${server.url}`);
    expect(await server.stop()).toBe(0);
  });

  test("names the folder it cannot write to", async () => {
    const file = join(temporaryFolder(), "file");
    writeFileSync(file, "");
    const { code, stderr } = await chinook(["setup", "--database", join(file, "folder", "d.sqlite")]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${join(file, "folder")} cannot be created`);
  });
});

describe("a port in use", () => {
  test("is detected before a database is created", async () => {
    await using server = await startServer();
    const database = join(temporaryFolder(), "none.sqlite");
    const port = new URL(server.url).port;
    const { code, stderr } = await chinook(["serve", "--port", port, "--database", database]);
    expect(code).toBe(1);
    expect(stderr).toContain("--port");
    expect(statSync(database, { throwIfNoEntry: false })).toBeUndefined();
  });
});
