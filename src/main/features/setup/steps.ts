import { mkdirSync, statSync } from "node:fs";
import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { connect, runningServer } from "../../cli/database.ts";
import { backups } from "../backups/feature.ts";
import { bulk } from "../bulk/feature.ts";
import { discover } from "../discover/feature.ts";
import { health } from "../health/feature.ts";
import { people } from "../people/feature.ts";

/** `done` now, `already` done before, or `left` to the user, with instructions. */
export interface Outcome {
  readonly state: "done" | "already" | "left";
  readonly detail: string;
}

export interface StepContext {
  readonly settings: Settings;
  /** Address of the first admin; undefined: none is created. */
  readonly admin: string | undefined;
}

/** A step can be repeated: existing results are kept. It throws if it fails. */
export interface Step {
  readonly name: string;
  readonly run: (context: StepContext) => Promise<Outcome>;
}

const done = (detail: string): Outcome => ({ state: "done", detail });
const already = (detail: string): Outcome => ({ state: "already", detail });
const left = (detail: string): Outcome => ({ state: "left", detail });

const GIBIBYTE = 1_073_741_824;

/** @returns whether it was missing. @throws AppError `database_unusable`. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    const made = mkdirSync(path, { recursive: true, mode: 0o700 }) !== undefined;
    await access(path, constants.W_OK);
    return made;
  } catch (cause) {
    const detail = `${path} cannot be created, or this user cannot write to it: ${(cause as Error).message}`;
    throw new AppError("database_unusable", { detail, cause });
  }
}

/** Created with access for its owner only; an existing folder keeps its permissions. */
async function folder({ settings }: StepContext): Promise<Outcome> {
  const path = dirname(settings.database);
  const made = await makeFolder(path);
  const { folderFacts, measureSync } = health.machine;
  const { fileSystem, freeBytes } = await folderFacts(path);
  const { medianMs } = await measureSync(path);
  const free = `${((freeBytes ?? 0) / GIBIBYTE).toFixed(1)} GiB free`;
  const open = (statSync(path).mode & 0o007) === 0 ? "" : "; other users of the machine can read it";
  const detail = `${path}: ${fileSystem}, ${free}, one sync takes ${medianMs.toFixed(2)} ms${open}`;
  return made ? done(detail) : already(detail);
}

async function vectors(): Promise<Outcome> {
  const { extension, sqlite } = await discover.verifyVectors();
  return already(`sqlite-vec ${extension} works with SQLite ${sqlite}`);
}

/** Created and migrated, then filled with the demo if the settings ask for it and it is empty. */
async function database({ settings }: StepContext): Promise<Outcome> {
  const there = statSync(settings.database, { throwIfNoEntry: false }) !== undefined;
  const target = await bulk.openTarget(settings);
  try {
    if (settings.demo && (await bulk.demoInto(settings, target)))
      return done(`${settings.database}: filled with the demo catalogue`);
    const { empty, source } = await target.source();
    const holds = empty ? "empty; `chinook import FILE` loads a catalogue" : `holds a catalogue (${source})`;
    return there ? already(`${settings.database}: ${holds}`) : done(`${settings.database}: ${holds}`);
  } finally {
    await target.close();
  }
}

interface User {
  readonly email: string;
  readonly role: string;
  readonly status: string;
}

async function admin({ settings, admin: email }: StepContext): Promise<Outcome> {
  if (settings.auth === "open") return already("accounts are not required (CHINOOK_AUTH=open)");
  const connected = await connect(settings, backups.beforeMigration);
  try {
    const { data } = (await people.act(connected, settings, "list-users", {})) as { data: readonly User[] };
    const known = data.find(({ role, status }) => role === "admin" && status !== "disabled");
    if (known !== undefined) return already(`${known.email} is admin`);
    if (email === undefined) return left("`chinook setup --admin EMAIL` makes the first one");
    const account = { email, role: "admin", name: null, password: null };
    const made = (await people.act(connected, settings, "create-user", account)) as { link: string };
    return done(`${email} is admin; choose a password at ${made.link}`);
  } finally {
    await connected.close();
  }
}

/** Each backup is verified when it is made. */
async function backup({ settings }: StepContext): Promise<Outcome> {
  const keeper = await backups.keeperOf(settings);
  const [newest] = await keeper.list("folder");
  if (newest !== undefined) return already(`the newest backup is of ${newest.created_at}`);
  const { id } = await backups.withBars((onProgress) => keeper.create("manual", onProgress));
  return done(`${id}, verified, in ${backups.folderOf(settings)}`);
}

async function service({ settings }: StepContext): Promise<Outcome> {
  const server = await runningServer(settings.database);
  if (server !== undefined) return already(`the server runs at ${server}`);
  return left("`chinook serve` starts it; `deploy/chinook.service` is a unit for systemd");
}

/** Everything that a new machine needs, in order. */
export const STEPS: readonly Step[] = [
  { name: "folder", run: folder },
  { name: "vector extension", run: vectors },
  { name: "database", run: database },
  { name: "admin", run: admin },
  { name: "backup", run: backup },
  { name: "service", run: service },
];
