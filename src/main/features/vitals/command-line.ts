import { existsSync, writeFileSync } from "node:fs";
import type { Command } from "commander";
import colors from "picocolors";
import { AppError } from "../../../shared/errors.ts";
import { historyFile, RESOLUTIONS } from "../../../shared/history.ts";
import { assertDatabase, request, runningServer } from "../../cli/database.ts";
import { onDatabase, serverOf, settingsOf, wholeNumber } from "../../cli/options.ts";
import { columns, print, say, table } from "../../cli/output.ts";
import { History } from "./history.ts";
import { monitor } from "./monitor.ts";
import { reportHtml, type SlowStatement } from "./report-html.ts";
import type { Sample } from "./sample.ts";
import { type Summary, summaryOf } from "./summary.ts";

interface MonitorFlags {
  readonly json?: boolean;
  readonly watch?: string | true;
}

interface ReportFlags {
  readonly json?: boolean;
  readonly hours: string;
  readonly html?: string;
}

const SECONDS = 2;
const FINE_HOURS = 2;
const HOUR_MS = 3_600_000;
const MAX_HOURS = 31 * 24;

export function vitalsCommands(program: Command): void {
  onDatabase(program.command("monitor"))
    .description(
      "watch the running server: rates, latencies, lanes, commits, cache, memory, slowest reads; q ends",
    )
    .option("--watch [seconds]", `repeat every so many seconds (default ${SECONDS}); always on at a terminal`)
    .action(watch);
  onDatabase(program.command("report"))
    .description("show what happened, from the server's history")
    .option("--hours <number>", "how far back", "24")
    .option("--html <file>", "write it as a page with charts")
    .action(report);
}

async function watch({ watch, ...options }: MonitorFlags): Promise<void> {
  const seconds = typeof watch === "string" ? wholeNumber("--watch", watch, 1, 3_600) : SECONDS;
  const server = await serverOf(options);
  await monitor({ server, seconds, json: options.json ?? false, again: watch !== undefined });
}

async function report(options: ReportFlags): Promise<void> {
  const hours = wholeNumber("--hours", options.hours, 1, MAX_HOURS);
  const { database } = settingsOf({ ...options });
  assertDatabase(database);
  const server = await runningServer(database);
  const samples = server === undefined ? await fromFile(database, hours) : await fromServer(server, hours);
  if (samples.length === 0)
    throw new AppError("server_missing", {
      detail: `nothing is known of the last ${hours} hours: no server ran for ten seconds`,
    });
  const summary = summaryOf(samples);
  if (options.html !== undefined) {
    const slow = server === undefined ? [] : await slowStatements(server);
    writeFileSync(options.html, reportHtml("Chinook Server", summary, samples, slow));
    say(`written: ${options.html}`);
  }
  if (options.json || options.html === undefined) print(options.json, summary, () => reportText(summary));
}

async function fromServer(server: string, hours: number): Promise<Sample[]> {
  const { data } = JSON.parse(await request(server, "GET", `/admin/history?hours=${hours}`)) as {
    data: Sample[];
  };
  if (data.length > 0 || hours <= FINE_HOURS) return data;
  // Less than the interval of coarse samples old.
  return (
    JSON.parse(await request(server, "GET", `/admin/history?hours=${hours}&resolution=fine`)) as {
      data: Sample[];
    }
  ).data;
}

async function fromFile(database: string, hours: number): Promise<Sample[]> {
  if (!existsSync(historyFile(database))) return [];
  const history = new History(database);
  try {
    const to = Date.now() + HOUR_MS;
    const read = async (resolution: keyof typeof RESOLUTIONS) =>
      JSON.parse(
        await history.read({
          resolution,
          from: to - (hours + 1) * HOUR_MS,
          to,
          limit: RESOLUTIONS[resolution].kept,
        }),
      ) as Sample[];
    const coarse = hours > FINE_HOURS ? await read("coarse") : [];
    return coarse.length > 0 ? coarse : await read("fine");
  } finally {
    await history.close();
  }
}

async function slowStatements(server: string): Promise<SlowStatement[]> {
  return (JSON.parse(await request(server, "GET", "/admin/queries?limit=10")) as { data: SlowStatement[] })
    .data;
}

const time = (at: string): string => at.slice(0, 19).replace("T", " ");

function reportText({
  from,
  to,
  requests,
  writes,
  worst,
  reads,
  kinds,
  troubles,
  changes,
  recommendations,
}: Summary): string {
  const part = (title: string, text: string) => `${colors.bold(title)}\n${text}`;
  const none = colors.dim("  none");
  return [
    columns([
      ["span", `${time(from)} to ${time(to)} UTC`],
      ["requests", requests],
      ["writes", writes],
      ["slowest span", `p99 ${worst.http_p99_ms} ms at ${time(worst.at)}`],
    ]),
    part(
      "What to do",
      recommendations.length === 0 ? none : recommendations.map((one) => `  ${one}`).join("\n"),
    ),
    part(
      "Reads with the highest total time",
      reads.length === 0
        ? none
        : table(
            ["read", "runs", "ms in all", "worst p99 ms"],
            reads.map(({ name, count, total_ms, p99_ms }) => [name, count, total_ms, p99_ms]),
          ),
    ),
    part(
      "Most frequent writes",
      kinds.length === 0 ? none : columns(kinds.map(({ kind, writes }) => [kind, writes])),
    ),
    part("Troubles", Object.keys(troubles).length === 0 ? none : columns(Object.entries(troubles))),
    part(
      "Changes of health",
      changes.length === 0 ? none : changes.map(({ at, what }) => `  ${time(at)}  ${what}`).join("\n"),
    ),
  ].join("\n\n");
}
