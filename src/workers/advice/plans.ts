import type { Finding, Plan } from "../../shared/advice.ts";
import type { Connection } from "../../shared/database/sqlite.ts";
import type { Tables } from "./tables.ts";
import { aliasesOf, tokensOf } from "./tokens.ts";

interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

/** The plan of a statement, which is not run. */
export function planOf(db: Connection, tables: Tables, sql: string): Plan {
  let steps: Step[];
  try {
    steps = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all({}) as Step[];
  } catch (error) {
    steps = explainUnbound(db, sql, error);
    if (steps.length === 0) return unusable(error);
  }
  return readPlan(steps, sql, tables);
}

/** Values do not affect the plan, but each parameter must be bound. */
function explainUnbound(db: Connection, sql: string, error: unknown): Step[] {
  if (!(error instanceof RangeError)) return [];
  const names = [...new Set(tokensOf(sql).filter((token) => /^[@:$]\w/.test(token)))];
  const params = Object.fromEntries(names.map((name) => [name.slice(1), null]));
  try {
    return db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(params) as Step[];
  } catch {
    return [];
  }
}

const unusable = (error: unknown): Plan => ({
  steps: [],
  findings: [
    {
      kind: "unusable",
      table: null,
      rows: null,
      step: error instanceof Error ? error.message : String(error),
    },
  ],
});

/** Findings in the steps of a plan. */
export function readPlan(steps: readonly Step[], sql: string, tables: Tables): Plan {
  const depths = new Map<number, number>([[0, -1]]);
  for (const { id, parent } of steps) depths.set(id, (depths.get(parent) ?? -1) + 1);
  const aliases = aliasesOf(tokensOf(sql), tables);
  return {
    steps: steps.map(({ id, detail }) => "  ".repeat(depths.get(id)!) + detail),
    findings: steps.flatMap(({ detail }) => findingOf(detail, aliases, tables)),
  };
}

function findingOf(step: string, aliases: ReadonlyMap<string, string>, tables: Tables): Finding[] {
  const kind = kindOf(step);
  if (kind === undefined) return [];
  const [, name] = /^(?:SCAN|SEARCH) (\w+)/.exec(step) ?? [];
  const table = name === undefined ? undefined : aliases.get(name.toLowerCase());
  // Rows of a subquery, a list of values or json_each: not a table, so no index helps.
  if (kind !== "sort" && table === undefined) return [];
  return [{ kind, table: table ?? null, rows: table === undefined ? null : tables.rows(table), step }];
}

function kindOf(step: string): Finding["kind"] | undefined {
  if (step.startsWith("USE TEMP B-TREE")) return "sort";
  if (/ USING AUTOMATIC .*INDEX/.test(step)) return "automatic_index";
  if (!step.startsWith("SCAN ") || step.includes("VIRTUAL TABLE")) return undefined;
  return / USING (COVERING )?INDEX /.test(step) ? "index_scan" : "full_scan";
}

/** Names of the indexes in a plan. */
export const indexesIn = ({ steps }: Plan): string[] =>
  steps.flatMap((step) => [...step.matchAll(/ INDEX (\w+)/g)].map(([, name]) => name!));

/** Names of the tables in steps that an index could improve. */
export function improvableTables({ findings, steps }: Plan): {
  readonly names: ReadonlySet<string>;
  readonly sorts: boolean;
} {
  const names = findings
    .filter(({ kind }) => kind !== "sort" && kind !== "unusable")
    .map(({ step }) => /^(?:SCAN|SEARCH) (\w+)/.exec(step)![1]!.toLowerCase());
  return { names: new Set(names), sorts: steps.some((step) => step.includes("USE TEMP B-TREE")) };
}
