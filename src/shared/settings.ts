import { availableParallelism } from "node:os";
import { closest } from "fastest-levenshtein";
import { z } from "zod";
import { realFile } from "./database/real-file.ts";
import { AppError } from "./errors.ts";
import {
  address,
  addressBlock,
  distinctNames,
  emptyOr,
  hostName,
  httpUrl,
  interval,
  listOf,
  matching,
  oidcProvider,
  onOff,
  origin,
  path,
  rqliteNodes,
  smtpUrl,
  text,
  UNITS,
  whole,
} from "./setting-values.ts";
import { TUNING } from "./tuning.ts";

/**
 * One setting. The table below feeds the flags of `chinook serve`, the environment, validation, `--help`,
 * docs/settings.md and a test that compares them. To add a setting, add a row.
 */
export interface Setting<S extends z.ZodType<unknown, string>> {
  readonly env: `CHINOOK_${string}`;
  /** The expected value, for the error message and the docs. */
  readonly expects: string;
  readonly help: string;
  readonly initial: () => z.output<S>;
  /** Parses the text of a flag or an environment variable. */
  readonly schema: S;
  /** Whether the value is secret and not printed. `path`: only the part of a URL after its host. */
  readonly secret?: true | "path";
}

const cores = availableParallelism();

const setting = <S extends z.ZodType<unknown, string>>(row: Setting<S>): Setting<S> => row;

/** Requests per minute of one key, user or address; 0 means no limit. */
const rate = (name: string, what: string, initial: number) =>
  setting({
    env: `CHINOOK_RATE_${name.toUpperCase()}`,
    expects: "a whole number from 0 (no limit) to 1000000",
    help: `${what} per minute, if CHINOOK_AUTH=required`,
    initial: () => initial,
    schema: whole(0, 1_000_000),
  });

export const SETTINGS = {
  database: setting({
    env: "CHINOOK_DATABASE",
    expects: "a file path",
    help: "the database file; created if missing",
    initial: () => realFile("data/database.sqlite"),
    schema: text.transform((file) => realFile(file)),
  }),
  host: setting({
    env: "CHINOOK_HOST",
    expects: "an address or localhost; any but 127.0.0.1, ::1 and localhost needs CHINOOK_AUTH=required",
    help: "the address to listen on",
    initial: () => "127.0.0.1",
    schema: z.union([z.literal("localhost"), address]),
  }),
  auth: setting({
    env: "CHINOOK_AUTH",
    expects: "open or required",
    help: "required: every request needs a key or a session",
    initial: () => "open" as const,
    schema: z.enum(["open", "required"]),
  }),
  anonymous: setting({
    env: "CHINOOK_ANONYMOUS",
    expects: "none or read",
    help: "what anonymous clients may do if CHINOOK_AUTH=required: nothing, or read the catalogue",
    initial: () => "none" as const,
    schema: z.enum(["none", "read"]),
  }),
  registration: setting({
    env: "CHINOOK_REGISTRATION",
    expects: "open or closed",
    help: "closed: only admins create accounts",
    initial: () => "open" as const,
    schema: z.enum(["open", "closed"]),
  }),
  publicUrl: setting({
    env: "CHINOOK_PUBLIC_URL",
    expects: "an http or https URL, or empty for the address it listens on",
    help: "the server's public URL, for links in mails and rules for cookies",
    initial: () => "",
    schema: emptyOr(httpUrl),
  }),
  trustedProxies: setting({
    env: "CHINOOK_TRUSTED_PROXIES",
    expects: "addresses or CIDR blocks such as 10.0.0.0/8, separated by commas, or empty",
    help: "proxies whose X-Forwarded-For, X-Forwarded-Proto and Forwarded headers are trusted",
    initial: () => [],
    schema: listOf(addressBlock),
  }),
  tlsCert: setting({
    env: "CHINOOK_TLS_CERT",
    expects: "a file path, or empty for none",
    help: "certificate chain in PEM form, for https without a proxy; reloaded when it changes",
    initial: () => "",
    schema: emptyOr(path),
  }),
  tlsKey: setting({
    env: "CHINOOK_TLS_KEY",
    expects: "a file path, or empty for none",
    help: "the certificate's private key",
    initial: () => "",
    schema: emptyOr(path),
  }),
  sessionIdle: setting({
    env: "CHINOOK_SESSION_IDLE",
    expects: "a time from 1m to 365d such as 2h",
    help: "a session ends after this time without use",
    initial: () => 2 * UNITS.h,
    schema: interval(UNITS.m, 365 * UNITS.d),
  }),
  sessionAge: setting({
    env: "CHINOOK_SESSION_AGE",
    expects: "a time from 1m to 365d such as 30d",
    help: "a session ends after this time in any case",
    initial: () => 30 * UNITS.d,
    schema: interval(UNITS.m, 365 * UNITS.d),
  }),
  auditKeep: setting({
    env: "CHINOOK_AUDIT_KEEP",
    expects: "0 (for ever), or a time from 1d to 3650d such as 365d",
    help: "how long audit entries are kept",
    initial: () => 365 * UNITS.d,
    schema: interval(UNITS.d, 3_650 * UNITS.d),
  }),
  rateRead: rate("read", "reads that are not searches", 6_000),
  rateSearch: rate("search", "searches", 1_200),
  rateWrite: rate("write", "writes", 1_200),
  rateLogin: rate("login", "attempts to log in or register, by address", 20),
  smtpUrl: setting({
    env: "CHINOOK_SMTP_URL",
    expects: "an smtp or smtps URL such as smtps://user:password@mail.example.com, or empty for no mail",
    help: "the mail server",
    initial: () => "",
    schema: emptyOr(smtpUrl),
  }),
  oidc: setting({
    env: "CHINOOK_OIDC",
    expects:
      "providers such as google=https://CLIENT:SECRET@accounts.google.com, separated by commas, or empty; http on loopback only",
    help: "OpenID Connect providers that people may log in with, by name",
    initial: () => [],
    schema: listOf(oidcProvider).refine(distinctNames),
  }),
  mailFrom: setting({
    env: "CHINOOK_MAIL_FROM",
    expects: "an e-mail address",
    help: "the sender of mails",
    initial: () => "chinook@localhost",
    schema: matching(/^[^\s@<>,;]+@[^\s@<>,;]+$/),
  }),
  allowedHosts: setting({
    env: "CHINOOK_ALLOWED_HOSTS",
    expects: "names such as music.example.com, separated by commas, or empty",
    help: "host names that requests may use, beside addresses and localhost",
    initial: () => [],
    schema: listOf(hostName),
  }),
  corsOrigins: setting({
    env: "CHINOOK_CORS_ORIGINS",
    expects: "origins such as https://music.example.com, separated by commas, or empty",
    help: "origins whose pages may use the API from a browser",
    initial: () => [],
    schema: listOf(origin),
  }),
  compression: setting({
    env: "CHINOOK_COMPRESSION",
    expects: "1 or 0",
    help: "1 compresses answers of a kilobyte or more for clients that accept it; 0 leaves that to a proxy",
    initial: () => true,
    schema: onOff,
  }),
  port: setting({
    env: "CHINOOK_PORT",
    expects: "a whole number from 0 (any free port) to 65535",
    help: "the port to listen on; 0 = any free one",
    initial: () => 8080,
    schema: whole(0, 65_535),
  }),
  pointReaders: setting({
    env: "CHINOOK_POINT_READERS",
    expects: "a whole number from 1 to 64",
    help: "threads for cheap reads, batched",
    initial: () => Math.max(1, Math.min(4, Math.floor(cores / 2))),
    schema: whole(1, 64),
  }),
  scanReaders: setting({
    env: "CHINOOK_SCAN_READERS",
    expects: "a whole number from 1 to 64",
    help: "threads for expensive reads; only brief ones are batched",
    initial: () => Math.max(1, Math.min(4, Math.floor(cores / 2))),
    schema: whole(1, 64),
  }),
  writer: setting({
    env: "CHINOOK_WRITER",
    expects: "local, or rqlite nodes such as rqlite://one:4001,two:4001, the first that of CHINOOK_DATABASE",
    help: "local writes to the file itself; otherwise through a cluster of rqlite, with this server beside its own node",
    initial: () => "local",
    schema: z.union([z.literal("local"), rqliteNodes]),
  }),
  synchronous: setting({
    env: "CHINOOK_SYNCHRONOUS",
    expects: "full or normal",
    help: "full: an acknowledged write survives power loss; normal: it survives a crash of the process",
    initial: () => "full" as const,
    schema: z.enum(["full", "normal"]),
  }),
  checkpoints: setting({
    env: "CHINOOK_CHECKPOINTS",
    expects: "managed or external",
    help: "external leaves checkpoints to a replicator such as Litestream",
    initial: () => "managed" as const,
    schema: z.enum(["managed", "external"]),
  }),
  walLimitMb: setting({
    env: "CHINOOK_WAL_LIMIT_MB",
    expects: "a whole number from 1 to 1048576",
    help: "MiB of WAL past which writes are refused until it shrinks",
    initial: () => Math.ceil((4 * TUNING.walCapBytes) / 1_048_576),
    schema: whole(1, 1_048_576),
  }),
  cacheMb: setting({
    env: "CHINOOK_CACHE_MB",
    expects: "a whole number from 0 (no cache) to 65536",
    help: "memory for cached answers, in MiB; 0 = no cache",
    initial: () => 32,
    schema: whole(0, 65_536),
  }),
  demo: setting({
    env: "CHINOOK_DEMO",
    expects: "1 or 0",
    help: "1 fills an empty database with a generated demo catalogue",
    initial: () => true,
    schema: onOff,
  }),
  vectorGeneration: setting({
    env: "CHINOOK_VECTOR_GENERATION",
    expects: "1 or 0",
    help: "1 computes the vectors of new and changed tracks in the background",
    initial: () => true,
    schema: onOff,
  }),
  lyricModel: setting({
    env: "CHINOOK_LYRIC_MODEL",
    expects: "none, or the path of a folder",
    help: "a sentence model in ONNX form for lyric vectors, instead of hashed words",
    initial: () => "none" as const,
    schema: z.union([z.literal("none"), path]),
  }),
  backupDir: setting({
    env: "CHINOOK_BACKUP_DIR",
    expects: "a folder, or empty for `backups` beside the database",
    help: "where backups are kept",
    initial: () => "",
    schema: emptyOr(path),
  }),
  backupEvery: setting({
    env: "CHINOOK_BACKUP_EVERY",
    expects: "0 (never), or a time from 1s to 24d such as 6h",
    help: "how often the server makes a backup",
    initial: () => 0,
    schema: interval(1, 24 * UNITS.d),
  }),
  backupKeepLast: setting({
    env: "CHINOOK_BACKUP_KEEP_LAST",
    expects: "a whole number from 1 to 1000",
    help: "number of newest backups to keep",
    initial: () => 7,
    schema: whole(1, 1_000),
  }),
  backupKeepDaily: setting({
    env: "CHINOOK_BACKUP_KEEP_DAILY",
    expects: "a whole number from 0 to 1000",
    help: "number of days of which to also keep the newest backup",
    initial: () => 7,
    schema: whole(0, 1_000),
  }),
  backupKeepWeekly: setting({
    env: "CHINOOK_BACKUP_KEEP_WEEKLY",
    expects: "a whole number from 0 to 1000",
    help: "number of weeks of which to also keep the newest backup",
    initial: () => 4,
    schema: whole(0, 1_000),
  }),
  backupBeforeMigration: setting({
    env: "CHINOOK_BACKUP_BEFORE_MIGRATION",
    expects: "1 or 0",
    help: "1 makes a backup before a migration",
    initial: () => true,
    schema: onOff,
  }),
  backupS3Bucket: setting({
    env: "CHINOOK_BACKUP_S3_BUCKET",
    expects: "the name of a bucket, or empty for none",
    help: "copies each backup to S3 or a compatible storage; credentials from AWS_ACCESS_KEY_ID and related variables",
    initial: () => "",
    schema: emptyOr(matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)),
  }),
  backupS3Endpoint: setting({
    env: "CHINOOK_BACKUP_S3_ENDPOINT",
    expects: "an http or https URL, or empty for AWS",
    help: "the bucket's endpoint",
    initial: () => "",
    schema: emptyOr(httpUrl),
  }),
  backupS3Region: setting({
    env: "CHINOOK_BACKUP_S3_REGION",
    expects: "the name of a region",
    help: "the bucket's region",
    initial: () => "us-east-1",
    schema: matching(/^[a-z0-9-]{1,64}$/),
  }),
  backupS3Prefix: setting({
    env: "CHINOOK_BACKUP_S3_PREFIX",
    expects: "a prefix of letters, digits and -_./ without a slash at either end, or empty",
    help: "prefix of keys: separates the backups of several databases in one bucket",
    initial: () => "chinook",
    schema: emptyOr(matching(/^[\w.-]+(\/[\w.-]+)*$/)),
  }),
  healthWaitMs: setting({
    env: "CHINOOK_HEALTH_WAIT_MS",
    expects: "a whole number from 1 to 60000",
    help: "99th percentile of waits, in milliseconds, from which a health check warns",
    initial: () => 250,
    schema: whole(1, 60_000),
  }),
  healthDiskFreeMb: setting({
    env: "CHINOOK_HEALTH_DISK_FREE_MB",
    expects: "a whole number from 1 to 1048576",
    help: "MiB that must be free on the disks of database and backups before a health check warns",
    initial: () => 1_024,
    schema: whole(1, 1_048_576),
  }),
  integrityEvery: setting({
    env: "CHINOOK_INTEGRITY_EVERY",
    expects: "0 (never), or a time from 1s to 24d such as 1d",
    help: "how often the whole database is checked for damage",
    initial: () => UNITS.d,
    schema: interval(1, 24 * UNITS.d),
  }),
  alertUrl: setting({
    env: "CHINOOK_ALERT_URL",
    expects: "an http or https URL, or empty for none",
    help: "URL that alerts of health checks are posted to",
    initial: () => "",
    schema: emptyOr(httpUrl),
    secret: "path",
  }),
  alertSecret: setting({
    env: "CHINOOK_ALERT_SECRET",
    expects: "16 to 256 characters without spaces, or empty for no signature",
    help: "key that signs posted alerts",
    initial: () => "",
    schema: emptyOr(matching(/^[!-~]{16,256}$/)),
    secret: true,
  }),
  alertMail: setting({
    env: "CHINOOK_ALERT_MAIL",
    expects: "an e-mail address, or empty for none; needs CHINOOK_SMTP_URL",
    help: "address that gets alerts of health checks by mail",
    initial: () => "",
    schema: emptyOr(matching(/^[^\s@<>,;]+@[^\s@<>,;]+$/)),
  }),
  alertAfter: setting({
    env: "CHINOOK_ALERT_AFTER",
    expects: "0 (at once), or a time from 1s to 1d such as 5m",
    help: "how long a check must not be ok before it alerts",
    initial: () => 5 * UNITS.m,
    schema: interval(1, UNITS.d),
  }),
  log: setting({
    env: "CHINOOK_LOG",
    expects: "json, pretty or silent",
    help: "log format, on standard error",
    initial: () => (process.stderr.isTTY ? "pretty" : "json"),
    schema: z.enum(["json", "pretty", "silent"]),
  }),
  logRequests: setting({
    env: "CHINOOK_LOG_REQUESTS",
    expects: "all or slow",
    help: "slow logs requests that fail or take over 100 ms; all logs each one",
    initial: () => "slow" as const,
    schema: z.enum(["all", "slow"]),
  }),
};

export type SettingName = keyof typeof SETTINGS;
export type Settings = {
  readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]["schema"]>;
};

/** The text that would set this value. */
export function textOf(name: SettingName, value: unknown): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (Array.isArray(value)) return value.join(",");
  if (typeof value !== "number" || SETTINGS[name].schema.safeParse(String(value)).success)
    return String(value);
  const [unit, seconds] = Object.entries(UNITS).findLast(([, seconds]) => value % seconds === 0)!;
  return `${value / seconds}${unit}`;
}

/**
 * The text without secrets, including passwords in URLs: output often ends up in logs and in questions to
 * others.
 */
export function shownOf(name: SettingName, text: string): string {
  const row: Setting<z.ZodType<unknown, string>> = SETTINGS[name];
  if (text === "") return text;
  if (row.secret === "path") return `${URL.parse(text)?.origin}/***`;
  if (row.secret) return "***";
  return text.replace(/(\w+:\/\/)([^/]*)@/g, (_, scheme, whose) => {
    const colon = whose.indexOf(":");
    return `${scheme}${colon < 0 ? "" : `${whose.slice(0, colon)}:`}***@`;
  });
}

/** `pointReaders` → `--point-readers`. */
export const flagOf = (name: SettingName): string =>
  `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

export const SOURCES = ["default", "environment", "command line"] as const;
export type Source = (typeof SOURCES)[number];

const sources = new WeakMap<Settings, Partial<Record<SettingName, Source>>>();

/** The source of a value that {@link resolveSettings} returned. */
export const sourceOf = (settings: Settings, name: SettingName): Source =>
  sources.get(settings)?.[name] ?? "default";

/**
 * Precedence: flags, environment, defaults.
 *
 * @throws AppError `usage` naming each invalid or misspelled setting, with what was expected and what was given.
 */
export function resolveSettings(
  env: Readonly<Record<string, string | undefined>>,
  flags: Partial<Record<SettingName, string>> = {},
): Settings {
  const problems = unknownVariables(env);
  const from: Partial<Record<SettingName, Source>> = {};
  const entries = (Object.keys(SETTINGS) as SettingName[]).map((name) => {
    const row = SETTINGS[name];
    const text = flags[name] ?? env[row.env];
    if (text === undefined) return [name, row.initial()];
    const value = row.schema.safeParse(text);
    from[name] = flags[name] === undefined ? "environment" : "command line";
    const source = flags[name] === undefined ? row.env : flagOf(name);
    const given = "secret" in row && row.secret === true ? `${text.length} characters` : JSON.stringify(text);
    if (!value.success) problems.push(`${source}: expected ${row.expects}, got ${given}`);
    return [name, value.data];
  });
  const settings = Object.fromEntries(entries) as Settings;
  if (problems.length === 0) problems.push(...contradictions(settings));
  if (problems.length > 0) throw new AppError("usage", { detail: problems.join("\n") });
  sources.set(settings, from);
  return Object.freeze(settings);
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** Combinations of valid settings that are not allowed. */
function contradictions({ host, auth, tlsCert, tlsKey, alertMail, smtpUrl }: Settings): string[] {
  const problems: string[] = [];
  if (alertMail !== "" && smtpUrl === "") problems.push("CHINOOK_ALERT_MAIL: mails need CHINOOK_SMTP_URL");
  if (auth === "open" && !LOOPBACK.has(host)) {
    problems.push(`CHINOOK_HOST: ${host} can be reached by others, which needs CHINOOK_AUTH=required`);
  }
  if ((tlsCert === "") !== (tlsKey === "")) {
    problems.push("CHINOOK_TLS_CERT and CHINOOK_TLS_KEY: expected both or neither");
  }
  return problems;
}

/** Environment variables that tests use. */
const TEST_VARIABLES = new Set([
  "CHINOOK_SAMPLE",
  "CHINOOK_RQLITED",
  "CHINOOK_LITESTREAM",
  "CHINOOK_S3_SERVER",
]);

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map((row) => row.env));
  return Object.keys(env)
    .filter((name) => name.startsWith("CHINOOK_") && !known.has(name) && !TEST_VARIABLES.has(name))
    .map((name) => `${name}: no such setting; did you mean ${closest(name, [...known])}?`);
}
