import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { flagOf, resolveSettings, SETTINGS, type SettingName, textOf } from "../../src/shared/settings.ts";

const NAMES = Object.keys(SETTINGS) as SettingName[];
const parse = (name: SettingName, text: string): unknown => SETTINGS[name].schema.safeParse(text).data;
const SETTINGS_PAGE = resolve(import.meta.dirname, "../../docs/settings.md");

/** One good and one bad value of each setting, with what the good one comes to. */
const VALUES: Readonly<Record<SettingName, readonly [good: string, means: unknown, bad: readonly string[]]>> =
  {
    database: ["some/where.sqlite", resolve("some/where.sqlite"), ["", "a\0b"]],
    host: ["::1", "::1", ["0.0.0.256", "example.org", ""]],
    auth: ["required", "required", ["on", "1", ""]],
    anonymous: ["read", "read", ["write", "all", ""]],
    registration: ["closed", "closed", ["0", "no", ""]],
    publicUrl: ["https://music.example.com", "https://music.example.com", ["music.example.com", "ftp://x"]],
    trustedProxies: [
      "10.0.0.0/8, 2001:db8::1",
      ["10.0.0.0/8", "2001:db8::1"],
      ["10.0.0.0/33", "proxy", "10.0.0", "::/129", "10.0.0.1,,10.0.0.2", "10.0.0.0/"],
    ],
    tlsCert: ["", "", ["a\0b"]],
    tlsKey: ["", "", ["a\0b"]],
    sessionIdle: ["90m", 5_400, ["59s", "366d", "2", "off"]],
    sessionAge: ["7d", 604_800, ["59s", "366d", "-1d"]],
    auditKeep: ["30d", 2_592_000, ["1h", "3651d", "-1d"]],
    rateRead: ["0", 0, ["-1", "1000001", "10/s"]],
    rateSearch: ["100", 100, ["-1", "many"]],
    rateWrite: ["100", 100, ["-1", "many"]],
    rateLogin: ["5", 5, ["-1", "1.5"]],
    smtpUrl: [
      "smtps://a:b@mail.example.com",
      "smtps://a:b@mail.example.com",
      ["mail.example.com", "http://x"],
    ],
    oidc: [
      "a=https://x:y%2C@id.example.com/realms/r, b=http://x:y@127.0.0.1:1",
      ["a=https://x:y%2C@id.example.com/realms/r", "b=http://x:y@127.0.0.1:1"],
      [
        "https://x:y@a",
        "a=x",
        "A=https://x:y@a",
        "a=https://a",
        "a=http://x:y@a",
        "a=https://x:y@a,a=https://x:y@b",
      ],
    ],
    mailFrom: ["a@example.com", "a@example.com", ["", "a", "a@b, c@d", "A <a@b>"]],
    allowedHosts: [
      "Music.example.com., b",
      ["music.example.com", "b"],
      ["a:80", "http://a", "a,,b", "*.a", "a b"],
    ],
    compression: ["0", false, ["yes", "2", ""]],
    corsOrigins: [
      "https://music.example.com, http://localhost:3000",
      ["https://music.example.com", "http://localhost:3000"],
      [
        "*",
        "null",
        "music.example.com",
        "https://a/",
        "https://a/b",
        "https://A",
        "https://a:443",
        "https://a,,https://b",
      ],
    ],
    port: ["0", 0, ["65536", "-1", "80a", "", "1e3", " 80", "0x50"]],
    pointReaders: ["64", 64, ["0", "65", "two"]],
    scanReaders: ["1", 1, ["0", "65", "1.5"]],
    writer: [
      "rqlite://a:b%40@one:4001,two:4002",
      "rqlite://a:b%40@one:4001,two:4002",
      [
        "remote",
        "rqlite://",
        "rqlite://one",
        "http://one:4001",
        "rqlite://one:4001,,two:4001",
        "rqlite://a@one:4001",
      ],
    ],
    synchronous: ["normal", "normal", ["off", "FULL", ""]],
    checkpoints: ["external", "external", ["none", ""]],
    walLimitMb: ["200", 200, ["0", "1048577", "94MB", ""]],
    cacheMb: ["0", 0, ["65537", "-1", "32MB"]],
    demo: ["0", false, ["false", "yes", ""]],
    vectorGeneration: ["0", false, ["true", "off", ""]],
    lyricModel: ["some/model", resolve("some/model"), ["", "a\0b"]],
    backupDir: ["some/where", resolve("some/where"), ["a\0b"]],
    backupEvery: ["6h", 21_600, ["6", "0s", "25d", "6H", "off", "-1s", ""]],
    backupKeepLast: ["1", 1, ["0", "1001", "all"]],
    backupKeepDaily: ["0", 0, ["1001", "-1", ""]],
    backupKeepWeekly: ["1000", 1000, ["1001", "four"]],
    backupBeforeMigration: ["0", false, ["no", ""]],
    backupS3Bucket: ["my-bucket.1", "my-bucket.1", ["My_Bucket", "a", "-ab", "s3://bucket"]],
    backupS3Endpoint: ["http://127.0.0.1:9000", "http://127.0.0.1:9000", ["127.0.0.1:9000", "ftp://x"]],
    backupS3Region: ["eu-central-1", "eu-central-1", ["", "EU West"]],
    backupS3Prefix: ["a/b", "a/b", ["/a", "a/", "a//b", "a b"]],
    healthWaitMs: ["1", 1, ["0", "60001", "1.5"]],
    healthDiskFreeMb: ["1", 1, ["0", "1048577", "1G"]],
    integrityEvery: ["1h", 3_600, ["25d", "1", "-1d"]],
    alertUrl: ["https://a.example/b", "https://a.example/b", ["a.example", "ftp://a"]],
    alertSecret: ["s".repeat(16), "s".repeat(16), ["short", "with a space in it, too", "s".repeat(257)]],
    alertMail: ["", "", ["a", "a@b, c@d"]],
    alertAfter: ["0", 0, ["2d", "5", "soon"]],
    log: ["pretty", "pretty", ["text", ""]],
    logRequests: ["all", "all", ["none", ""]],
  };

const problemsOf = (env: Record<string, string>, flags = {}): string => {
  try {
    resolveSettings(env, flags);
    return "";
  } catch (error) {
    expect(error).toMatchObject({ code: "usage" });
    return (error as Error).message;
  }
};

test("without input every setting has a valid default", () => {
  const settings = resolveSettings({});
  expect(settings).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    synchronous: "full",
    checkpoints: "managed",
    demo: true,
  });
  for (const name of NAMES) {
    const text = settings[name] === true ? "1" : String(settings[name]);
    // A number of seconds is written with its unit.
    const parsed = parse(name, text) ?? parse(name, `${text}s`);
    expect(parsed, name).toEqual(settings[name]);
  }
});

test("settings are frozen", () => {
  expect(Object.isFrozen(resolveSettings({}))).toBe(true);
});

describe.each(NAMES)("%s", (name) => {
  const { env, expects } = SETTINGS[name];
  const [good, means, bad] = VALUES[name];

  test("is taken from the environment", () => {
    expect(resolveSettings({ [env]: good })[name]).toEqual(means);
  });

  test("is taken from its flag rather than the environment", () => {
    expect(resolveSettings({ [env]: bad[0]! }, { [name]: good })[name]).toEqual(means);
  });

  test.each(bad)("refuses %j, naming what was expected and given", (text) => {
    const given = name === "alertSecret" ? `${text.length} characters` : JSON.stringify(text);
    expect(problemsOf({ [env]: text })).toBe(`${env}: expected ${expects}, got ${given}`);
    expect(problemsOf({}, { [name]: text })).toBe(`${flagOf(name)}: expected ${expects}, got ${given}`);
  });

  test("is printed in a form that it accepts", () => {
    for (const value of [parse(name, good), SETTINGS[name].initial()]) {
      expect(parse(name, textOf(name, value))).toEqual(value);
    }
  });

  test("has a flag and a variable of the same name", () => {
    expect(`CHINOOK_${flagOf(name).slice(2).replaceAll("-", "_").toUpperCase()}`).toBe(env);
  });
});

describe("variables", () => {
  test("that are misspelled are refused with the nearest known name", () => {
    expect(problemsOf({ CHINOOK_PROT: "80" })).toBe(
      "CHINOOK_PROT: no such setting; did you mean CHINOOK_PORT?",
    );
    expect(problemsOf({ CHINOOK_CACHE_MIB: "1" })).toContain("did you mean CHINOOK_CACHE_MB?");
  });

  test("of other programs and of the tests are ignored", () => {
    expect(problemsOf({ PORT: "x", HOST: "y", CHINOOKPORT: "z", CHINOOK_SAMPLE: "/some/file" })).toBe("");
  });

  test("with invalid values are all named at once", () => {
    const problems = problemsOf({ CHINOOK_PORT: "x", CHINOOK_LOGS: "json", CHINOOK_DEMO: "2" });
    expect(problems.split("\n").map((line) => line.split(":")[0])).toEqual([
      "CHINOOK_LOGS",
      "CHINOOK_PORT",
      "CHINOOK_DEMO",
    ]);
  });
});

test.skipIf(!existsSync(SETTINGS_PAGE))("docs/settings.md lists every setting and no other", () => {
  const rows = [...readFileSync(SETTINGS_PAGE, "utf8").matchAll(/^\|\s*`(CHINOOK_\w+)`/gm)].map(
    ([, env]) => env,
  );
  expect(rows.sort()).toEqual(NAMES.map((name) => SETTINGS[name].env as string).sort());
});

describe("settings that need others", () => {
  test("a non-loopback address needs CHINOOK_AUTH=required", () => {
    for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
      expect(problemsOf({ CHINOOK_HOST: host })).toContain("CHINOOK_AUTH=required");
      expect(problemsOf({ CHINOOK_HOST: host, CHINOOK_AUTH: "required" })).toBe("");
    }
  });

  test("mail alerts need an SMTP server", () => {
    expect(problemsOf({ CHINOOK_ALERT_MAIL: "a@example.com" })).toContain("need CHINOOK_SMTP_URL");
    const both = { CHINOOK_ALERT_MAIL: "a@example.com", CHINOOK_SMTP_URL: "smtp://localhost" };
    expect(resolveSettings(both).alertMail).toBe("a@example.com");
  });

  test("a certificate needs its key", () => {
    expect(problemsOf({ CHINOOK_TLS_CERT: "cert.pem" })).toContain("both or neither");
    expect(problemsOf({ CHINOOK_TLS_CERT: "cert.pem", CHINOOK_TLS_KEY: "key.pem" })).toBe("");
  });
});
