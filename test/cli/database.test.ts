import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test, vi } from "vitest";
import { chinook, temporaryFolder } from "../support/server.ts";

vi.setConfig({ testTimeout: 120_000 });

const ASKING = [
  ["optimize"],
  ["health-check"],
  ["cache", "stats"],
  ["fts", "stats"],
  ["fts", "validate"],
  ["fts", "rebuild"],
  ["vectors", "stats"],
  ["vectors", "generate"],
  ["migrate", "status"],
  ["migrate", "up", "--dry-run", "--to", "0"],
  ["migrate", "down", "--yes"],
  ["backup", "create"],
];

test.each(ASKING.map((command) => command.join(" ")))(
  "%s makes no database of a mistyped path",
  async (command) => {
    const folder = temporaryFolder();
    const args = [...command.split(" "), "--database", join(folder, "typo.sqlite"), "--json"];
    const { code, stdout } = await chinook(args);
    expect(readdirSync(folder)).toEqual([]);
    if (command.includes("--dry-run")) return expect(code).toBe(0);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ code: "database_unusable" });
  },
);

test.each([
  ["generate", "--json"],
  ["generate", "--tracks", "0", "--json"],
  ["fts", "nonsense", "--json"],
  ["nonsense", "--json"],
  ["optimize", "--nonsense", "--json"],
  ["health-check", "extra", "--json"],
])("a usage error is reported like other errors: %s %s %s", async (...args) => {
  const { code, stdout, stderr } = await chinook(args.filter((arg) => arg !== undefined));
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error).toMatchObject({ code: "usage", hint: "Run with --help." });
  // Where CI is set there are colours.
  expect(stripVTControlCharacters(stderr)).toMatch(/^Wrong usage: .+\nRun with --help\.\n$/);
});

test("migrate up and setup create a database", async () => {
  const folder = temporaryFolder();
  for (const [name, ...command] of [
    ["a.sqlite", "migrate", "up"],
    ["b.sqlite", "setup", "--demo", "0"],
  ]) {
    const { code, stderr } = await chinook([...command, "--database", join(folder, name!)]);
    expect(code, stderr).toBe(0);
    expect(readdirSync(folder)).toContain(name);
  }
});

test("validate-config prints no password", async () => {
  const { code, stdout } = await chinook(["validate-config", "--json"], {
    CHINOOK_SMTP_URL: "smtps://user:geheim@mail.example.com",
    CHINOOK_OIDC: "a=https://id:geheim@a.example.com,b=https://id:geheim@b.example.com",
  });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).CHINOOK_SMTP_URL).toBe("smtps://user:***@mail.example.com");
  expect(stdout).not.toContain("geheim");
});
