import { readFileSync } from "node:fs";
import type { Command } from "commander";
import colors from "picocolors";
import type { DatabaseSize, Finding, IndexFacts, Plan } from "../../../shared/advice.ts";
import { AppError } from "../../../shared/errors.ts";
import { request } from "../../cli/database.ts";
import { onDatabase, serverOf, wholeNumber } from "../../cli/options.ts";
import { columns, print, table } from "../../cli/output.ts";
import type { AdviceAnswer, ExplainedStatement } from "./answers.ts";
import { onQueries } from "./connected.ts";

interface Options {
  readonly json?: boolean;
  readonly limit?: string;
  readonly seconds?: string;
  readonly csv?: boolean;
  readonly param?: readonly string[];
}

export function queryCommands(program: Command): void {
  const query = program.command("query").description("find slow statements, their causes and remedies");
  const add = (usage: string, description: string) =>
    onDatabase(query.command(usage)).description(description);
  add(
    "slow",
    "show the statements with the highest total time since the start, and the problems of their plans",
  )
    .option("--limit <number>", "how many", "10")
    .action(slow);
  add("explain <statement>", "show how SQLite runs a statement: an id of `query slow`, or SQL").action(
    explain,
  );
  add(
    "advise [statement]",
    "try indexes in a copy of the database and propose those that help one statement, or those with the highest total time",
  )
    .option("--seconds <number>", "time to try indexes", "30")
    .action(advise);
  add("tables", "show tables with their sizes, and the space that VACUUM would free").action(tables);
  add("indexes", "show indexes with their sizes, and which are unused or duplicates").action(indexes);
  add("run <sql>", "run read-only SQL; `-` takes it from standard input")
    .option("--limit <number>", "maximum rows", "1000")
    .option("--csv", "print CSV")
    .option(
      "--param <name=value>",
      "a value of @name; may be repeated",
      (value: string, all: string[] = []) => [...all, value],
    )
    .action(run);
}

async function slow(options: Options): Promise<void> {
  const limit = wholeNumber("--limit", options.limit!, 1, 50);
  const server = await serverOf(options);
  const answer = JSON.parse(await request(server, "GET", `/admin/queries/slow?limit=${limit}`)) as {
    since: string;
    data: ExplainedStatement[];
  };
  print(options.json, answer, () =>
    answer.data.length === 0
      ? "no statement has run yet"
      : [`since ${answer.since}`, ...answer.data.map(slowText)].join("\n\n"),
  );
}

function slowText({ id, read, sql, plan, ...figures }: ExplainedStatement): string {
  const { count, failures, total_ms, p50_ms, p99_ms, max_ms } = figures;
  const failed = failures > 0 ? colors.red(`, ${failures} failed`) : "";
  return [
    `${colors.bold(id)}  ${read ?? "a command's"}  ${colors.dim(sql.slice(0, 100))}`,
    `  ${count} runs${failed}, ${total_ms} ms in all; p50 ${p50_ms}, p99 ${p99_ms}, longest ${max_ms} ms`,
    ...described(plan).map((line) => `  ${line}`),
  ].join("\n");
}

/** Findings shared by several steps are listed once. */
function described({ findings }: Plan): string[] {
  const alike = Map.groupBy(findings, ({ kind, table }) => `${kind} ${table}`);
  return [...alike.values()].map(
    (all) => describe(all[0]!) + (all.length > 1 ? colors.dim(` ×${all.length}`) : ""),
  );
}

const ADVICE: Readonly<Record<Finding["kind"], string>> = {
  full_scan: "reads the whole table",
  index_scan: "scans a whole index, unless a LIMIT ends it:",
  sort: "sorts or groups in a temporary b-tree",
  automatic_index: "builds an index at each run:",
  unusable: "cannot be prepared:",
};

/** Red marks findings that matter: a few rows are read fast whatever the plan. */
function describe({ kind, table, rows, step }: Finding): string {
  const many = kind === "unusable" || ((rows ?? 0) >= 1_000 && kind !== "index_scan");
  const paint = many ? colors.red : colors.yellow;
  const of = table === null ? "" : ` ${table}${rows === null ? "" : ` (${rows.toLocaleString("en")} rows)`}`;
  return `${paint(`${ADVICE[kind]}${of}`)}  ${colors.dim(step)}`;
}

async function explain(statement: string, options: Options): Promise<void> {
  const plan = await onQueries(options, ({ explain }) => explain(statement));
  print(options.json, plan, () => planText(plan));
}

const planText = (plan: Plan): string => [...plan.steps, ...described(plan)].join("\n");

async function advise(statement: string | undefined, options: Options): Promise<void> {
  const seconds = wholeNumber("--seconds", options.seconds!, 1, 300);
  const advice = await onQueries(options, ({ advise }) => advise(statement, seconds));
  print(options.json, advice, () => adviceText(advice));
}

function adviceText({ proposals, tried, complete, statements }: AdviceAnswer): string {
  const rest = complete ? "" : colors.yellow(" Time ran out before the rest: allow more with --seconds.");
  const analysed = colors.dim(`${statements} statements analysed, ${tried} indexes tried.`) + rest;
  if (proposals.length === 0) return `${colors.green("No index would help.")} ${analysed}`;
  return [...proposals.map(proposalText), analysed].join("\n\n");
}

function proposalText({ sql, bytes, build_ms, write_ms, gains }: AdviceAnswer["proposals"][number]): string {
  return [
    colors.bold(`${sql};`),
    columns([
      ["size", size(bytes)],
      ["made in", `${build_ms.toFixed(0)} ms`],
      ["costs a written row", `${(write_ms * 1_000).toFixed(1)} µs`],
    ]),
    ...gains.map(
      ({ id, read, sql, count, without_ms, with_ms }) =>
        `  ${id || "the statement"} ${read ?? ""} ${colors.dim(sql.slice(0, 70))}\n    ${without_ms.toFixed(2)} ms → ${colors.green(`${with_ms.toFixed(2)} ms`)} (${(without_ms / with_ms).toFixed(1)} times as fast), ran ${count} times`,
    ),
  ].join("\n");
}

const size = (bytes: number): string =>
  bytes < 1_048_576 ? `${(bytes / 1_024).toFixed(0)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;

async function tables(options: Options): Promise<void> {
  const database: DatabaseSize = await onQueries(options, ({ tables }) => tables());
  print(options.json, database, () =>
    [
      table(
        ["table", "rows", "size", "indexes", "out of order", "unused"],
        database.tables.map(({ name, rows, bytes, index_bytes, fragmentation, unused_bytes }) => [
          ...[name, rows, size(bytes), size(index_bytes)],
          ...[`${(fragmentation * 100).toFixed(0)} %`, size(unused_bytes)],
        ]),
      ),
      `${size(database.bytes)} in all. VACUUM would free about ${size(database.vacuum_bytes)}, of which ${size(database.free_bytes)} are free pages: chinook optimize --vacuum`,
    ].join("\n\n"),
  );
}

async function indexes(options: Options): Promise<void> {
  const answer = await onQueries(options, ({ indexes }) => indexes());
  const judged = answer.data.map((index) => [index, judgement(index, answer.statements)] as const);
  print(options.json, answer, () =>
    [
      table(
        ["index", "table", "columns", "size", "used by", "judgement"],
        judged.map(([{ name, table, columns, bytes, used_by }, text]) => [
          ...[name, table, columns.join(", "), bytes === null ? "" : size(bytes), used_by, text],
        ]),
      ),
      answer.statements === 0
        ? "No server runs: their use is unknown."
        : colors.dim(`Used by: of ${answer.statements} statements that ran since ${answer.since}.`),
    ].join("\n\n"),
  );
}

function judgement({ used_by, needed_for, covered_by }: IndexFacts, statements: number): string {
  if (needed_for !== null) return needed_for === "unique" ? "keeps values unique" : "checks a foreign key";
  if (covered_by !== null && used_by === 0) return `begins ${covered_by}`;
  return used_by === 0 && statements > 0 ? "not used since the start" : "";
}

async function run(text: string, options: Options): Promise<void> {
  const sql = text === "-" ? readFileSync(0, "utf8") : text;
  const limit = wholeNumber("--limit", options.limit!, 1, 10_000);
  const params = Object.fromEntries((options.param ?? []).map(parameter));
  const format = options.csv ? "csv" : "json";
  const body = await onQueries(options, ({ run }) => run({ sql, params, limit }, format));
  if (options.csv) return void process.stdout.write(body);
  const answer = JSON.parse(body) as {
    columns: string[];
    rows: (string | number | null)[][];
    truncated: boolean;
    ms: number;
  };
  print(options.json, answer, () =>
    [
      table(answer.columns, answer.rows),
      colors.dim(
        `${answer.rows.length} rows${answer.truncated ? ", and there are more" : ""}, ${answer.ms} ms`,
      ),
    ].join("\n"),
  );
}

/** A number where it is written like one. @throws AppError `usage`. */
function parameter(text: string): [name: string, value: string | number] {
  const [, name, value] = /^@?(\w+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined)
    throw new AppError("usage", { detail: `--param: expected name=value, got ${JSON.stringify(text)}` });
  return [name, /^-?\d{1,15}(\.\d+)?$/.test(value!) ? Number(value) : value!];
}
