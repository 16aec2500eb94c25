import { createReadStream, createWriteStream, mkdirSync, renameSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { AppError, fromFailure } from "../../../../shared/errors.ts";
import type { Settings } from "../../../../shared/settings.ts";
import {
  assertDatabase,
  authorization,
  openLocal,
  refusalOf,
  request,
  runningServer,
  unanswered,
} from "../../../cli/database.ts";
import { openAnswer } from "../../../cli/local-server.ts";
import { onDatabase, settingsOf } from "../../../cli/options.ts";
import { columns, print, progress } from "../../../cli/output.ts";
import { Cache } from "../../../engine/cache/cache.ts";
import { createLog } from "../../../engine/log.ts";
import { createMetrics } from "../../../engine/metrics.ts";
import { ReadSide } from "../../../engine/reads/read-side.ts";
import { backups } from "../../backups/feature.ts";
import type { Job } from "../../jobs/feature.ts";
import { exportStream } from "../export/export.ts";
import type { Portable } from "./line.ts";
import { PORTABLES } from "./portable.ts";
import { type ImportReport, importLines, type Mode, newReport } from "./run.ts";

const TYPES = { jsonl: "application/x-ndjson", csv: "text/csv" } as const;

export function lineCommands(program: Command): void {
  const catalogue = program.command("catalogue").description("export and import the catalogue as lines");
  onDatabase(catalogue.command("export <folder>"))
    .description("write each kind to a file of JSON lines, or of CSV")
    .option("--csv", "write CSV")
    .action(exportAll);
  onDatabase(catalogue.command("import <files...>"))
    .description("import such files; again changes nothing")
    .option("--whole", "write each file as a whole, or not at all")
    .action(importFiles);
}

interface Exporter extends AsyncDisposable {
  open(portable: Portable, csv: boolean): Promise<Readable>;
}

async function exporterOf(settings: Settings): Promise<Exporter> {
  assertDatabase(settings.database);
  const server = await runningServer(settings.database);
  return server === undefined ? localExporter(settings) : remoteExporter(server);
}

const remoteExporter = (server: string): Exporter => ({
  async open({ path }, csv) {
    const headers = { ...authorization(server), accept: TYPES[csv ? "csv" : "jsonl"] };
    const answer = await openAnswer(server, `/v1/export/${path}`, { headers }).catch(unanswered(server));
    if (answer.statusCode === 200) return answer;
    throw refusalOf(answer.statusCode!, await text(answer));
  },
  [Symbol.asyncDispose]: async () => {},
});

async function localExporter({ database }: Settings): Promise<Exporter> {
  const cache = new Cache({ maxBytes: 0 });
  const settings = { database, pointReaders: 1, scanReaders: 1 };
  const reads = await ReadSide.open({ settings, cache, log: createLog("silent"), metrics: createMetrics() });
  return {
    open: async (portable, csv) => Readable.fromWeb(exportStream(reads.answers, portable, csv) as never),
    async [Symbol.asyncDispose]() {
      await reads.close();
      cache.close();
    },
  };
}

async function exportAll(folder: string, options: { json?: boolean; csv?: boolean }): Promise<void> {
  const csv = options.csv ?? false;
  await using exporter = await exporterOf(settingsOf({ ...options }));
  mkdirSync(folder, { recursive: true });
  const files: Record<string, number> = {};
  for (const portable of PORTABLES) {
    const name = `${portable.path}.${csv ? "csv" : "jsonl"}`;
    const path = join(folder, name);
    // A file that is there is whole.
    await pipeline(await exporter.open(portable, csv), createWriteStream(`${path}.part`));
    renameSync(`${path}.part`, path);
    files[name] = statSync(path).size;
  }
  print(options.json, { folder, bytes: files }, () => columns(Object.entries(files)));
}

interface Source {
  readonly file: string;
  readonly portable: Portable;
  readonly csv: boolean;
  readonly mode: Mode;
}

/** @throws AppError `usage` for a file that is called after no kind. */
function sourceOf(file: string, mode: Mode): Source {
  const [, path, extension] = /^(.+)\.(jsonl|csv)$/.exec(basename(file)) ?? [];
  const portable = PORTABLES.find((one) => one.path === path);
  if (portable !== undefined) return { file, portable, csv: extension === "csv", mode };
  const names = PORTABLES.map((one) => one.path).join(", ");
  throw new AppError("usage", {
    detail: `${file}: expected NAME.jsonl or NAME.csv, NAME being one of ${names}`,
  });
}

async function importFiles(
  files: readonly string[],
  options: { json?: boolean; whole?: boolean },
): Promise<void> {
  const settings = settingsOf({ ...options });
  const sources = files
    .map((file) => sourceOf(file, options.whole ? "whole" : "each"))
    .sort((one, two) => PORTABLES.indexOf(one.portable) - PORTABLES.indexOf(two.portable));
  for (const { file } of sources) sizeOf(file);
  assertDatabase(settings.database);
  const reports: ImportReport[] = [];
  for (const source of sources) reports.push(await importFile(settings, source));
  print(options.json, { data: reports }, () => reports.map(described).join("\n"));
  if (reports.some(({ refused }) => refused > 0)) process.exitCode = 1;
}

/** @throws AppError `usage`. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (cause) {
    throw new AppError("usage", { detail: `cannot read ${file}`, cause });
  }
}

/** Through a server or not is found out for each file: one may come or go in between. */
async function importFile(settings: Settings, source: Source): Promise<ImportReport> {
  const server = await runningServer(settings.database);
  const bar = progress(sizeOf(source.file), "bytes");
  let done = 0;
  const onProgress = (bytes: number) => {
    bar.advance(bytes - done, source.portable.path);
    done = bytes;
  };
  try {
    return await (server === undefined
      ? importHere(settings, source, onProgress)
      : importThere(server, source, onProgress));
  } finally {
    bar.done();
  }
}

type OnProgress = (bytes: number) => void;

async function importHere(settings: Settings, source: Source, onProgress: OnProgress): Promise<ImportReport> {
  const connected = await openLocal(settings, backups.beforeMigration);
  const report = newReport(source);
  try {
    if (!("writes" in connected.through)) throw new AppError("internal");
    const { commands } = connected.through.writes;
    await importLines(createReadStream(source.file), { ...source, commands, onProgress }, report);
    return report;
  } finally {
    await connected.close();
  }
}

/** Milliseconds between two looks at the job. */
const POLL_MS = 100;

/** The server's job, followed to its end. @throws AppError as it failed. */
async function importThere(
  server: string,
  { file, portable, csv, mode }: Source,
  onProgress: OnProgress,
): Promise<ImportReport> {
  const answer = await openAnswer(server, `/v1/import/${portable.path}?mode=${mode}`, {
    method: "POST",
    headers: {
      ...authorization(server),
      "content-type": TYPES[csv ? "csv" : "jsonl"],
      "content-length": String(sizeOf(file)),
    },
    body: createReadStream(file),
  }).catch(unanswered(server));
  const body = await text(answer);
  if (answer.statusCode !== 202) throw refusalOf(answer.statusCode!, body);
  for (let job = JSON.parse(body) as Job; ; ) {
    onProgress(job.done);
    if (job.error !== null) throw fromFailure({ code: job.error.code, message: job.error.detail });
    if (job.state === "cancelled")
      throw new AppError("server_failed", { detail: "the import was cancelled" });
    if (job.state !== "running") return job.result as ImportReport;
    await delay(POLL_MS);
    job = JSON.parse(await request(server, "GET", `/admin/jobs/${job.id}`));
  }
}

function described({ kind, created, changed, unchanged, refused, refusals }: ImportReport): string {
  const sum = `${kind}: ${created} created, ${changed} changed, ${unchanged} as they were, ${refused} refused`;
  return [
    sum,
    ...refusals.map(({ line, detail, errors }) => `  line ${line}: ${reasonOf(detail, errors)}`),
  ].join("\n");
}

const reasonOf = (detail: string, errors: ImportReport["refusals"][number]["errors"] = []): string =>
  errors.length === 0
    ? detail
    : errors
        .map((error) => `${"pointer" in error ? error.pointer : error.parameter} ${error.detail}`)
        .join("; ");
