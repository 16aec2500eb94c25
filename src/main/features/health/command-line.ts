import type { Command } from "commander";
import colors from "picocolors";
import { AppError } from "../../../shared/errors.ts";
import { authorization } from "../../cli/database.ts";
import { ask } from "../../cli/local-server.ts";
import { onDatabase, serverOf } from "../../cli/options.ts";
import { columns, print } from "../../cli/output.ts";
import { type Judged, STATUSES, type Unit, type Value } from "./check.ts";
import type { HealthReport } from "./routes.ts";

interface Options {
  readonly json?: boolean;
  readonly strict?: boolean;
}

export function healthCommand(program: Command): void {
  onDatabase(program.command("health-check"))
    .description("show the running server's health; exit status 1 if a check fails")
    .option("--strict", "exit status 1 also when a check warns")
    .action(healthCheck);
}

async function healthCheck(options: Options): Promise<void> {
  const server = await serverOf(options);
  const report = await reportOf(server);
  print(options.json, report, () => shown(server, report));
  if (report.status === "fail" || (options.strict && report.status === "warn")) process.exitCode = 1;
}

/** A 503 also has the report. */
async function reportOf(server: string): Promise<HealthReport> {
  const { status, text } = await ask(server, "/health", { headers: authorization(server) });
  const body = JSON.parse(text) as HealthReport & { code?: string; detail?: string };
  if (body.checks === undefined)
    throw new AppError("server_failed", {
      detail: `${server} gives no report: ${body.detail ?? status}`,
    });
  return body;
}

/** Maximum width of the values' column: a longer error text shifts only its own line. */
const WIDEST = 24;
const COLORS = { ok: colors.green, warn: colors.yellow, fail: colors.red } as const;
const WORDS = { ok: "is healthy", warn: "works, but needs attention", fail: "is not healthy" } as const;

function shown(server: string, { status, checks, ...figures }: HealthReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const values = Math.min(WIDEST, Math.max(...checks.map((check) => wordedValue(check).length)));
  const sorted = checks.toSorted((a, b) => STATUSES.indexOf(b.status) - STATUSES.indexOf(a.status));
  return [
    `${server} ${COLORS[status](WORDS[status])}`,
    ...sorted.map((check) => line(check, width, values)),
    "",
    columns(figureRows(figures)),
  ].join("\n");
}

/** The status is a word, since colours may be off. */
function line(check: Judged, width: number, values: number): string {
  const { name, status, threshold, unit, recommendation } = check;
  const bound = threshold === null ? "" : colors.dim(`  (${worded(threshold, unit)})`);
  const advice = recommendation === undefined ? "" : `\n        ${recommendation}`;
  return `  ${COLORS[status](status.padEnd(4))}  ${name.padEnd(width)}  ${wordedValue(check).padEnd(values)}${bound}${advice}`;
}

const wordedValue = ({ value, unit }: Judged): string => (value === null ? "–" : worded(value, unit));

const worded = (value: NonNullable<Value>, unit: Unit | undefined): string => {
  if (typeof value === "string") return value;
  if (unit === "bytes") return bytes(value);
  if (unit === "ratio") return `${(100 * value).toFixed(1)} %`;
  if (unit === "s") return duration(Math.round(value));
  if (unit === "ms")
    return value < 10 ? `${value.toFixed(2)} ms` : `${Math.round(value).toLocaleString("en")} ms`;
  return value.toLocaleString("en");
};

const bytes = (value: number): string =>
  value < 1_073_741_824
    ? `${(value / 1_048_576).toFixed(1)} MiB`
    : `${(value / 1_073_741_824).toFixed(1)} GiB`;

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** Formats bytes as MiB and seconds as hours and minutes. */
function figureRows({ queues, ...figures }: Omit<HealthReport, "status" | "checks">): [string, string][] {
  const flat = {
    ...figures,
    ...Object.fromEntries(Object.entries(queues).map(([lane, n]) => [`${lane}_queue`, n])),
  };
  return Object.entries(flat).map(([name, value]) => {
    if (name.endsWith("_bytes")) return [name.replace("_bytes", ""), bytes(Number(value))];
    if (name === "uptime_seconds") return ["uptime", duration(Number(value))];
    return [
      name.replaceAll("_", " "),
      typeof value === "boolean" ? (value ? "alive" : "dead") : String(value),
    ];
  });
}
