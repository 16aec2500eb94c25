import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { REPORTS_BY, REVENUE_READ, TIMES } from "../src/main/features/shop/reports.ts";
import { KEEP_SALES, SALES_STATE_READ, type SalesState } from "../src/main/features/shop/sales.ts";
import { type Connection, openForWriting } from "../src/shared/database/sqlite.ts";
import type { Param } from "../src/shared/protocol.ts";
import { registerFunctions } from "../src/workers/functions.ts";

/**
 * The cost of reports over many invoice lines, without a cache: `node bench/sales.ts [lines]`. Processor
 * time, which other work on the machine affects less; medians of nine.
 */

const LINES = Number(process.argv[2] ?? 1_000_000);
const NOW = new Date();

const folder = mkdtempSync(join(tmpdir(), "chinook-sales-"));
const file = join(folder, "database.sqlite");
const chinook = resolve(import.meta.dirname, "../bin/chinook.cjs");
execFileSync(process.execPath, [chinook, "generate", "--tracks", "3503", "--database", file], {
  stdio: "ignore",
});

const db = openForWriting(file, "normal");
registerFunctions(db);
db.function("within_deadline", () => 1);

/** Five lines per invoice, over five years. */
function fill(lines: number): void {
  db.exec(`
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${lines / 5})
    INSERT INTO invoices (id, customer_id, invoice_date, billing_country, total_cents)
    SELECT 1000000 + i, 1 + (i * 7919) % 59, strftime('%Y-%m-%dT%H:%M:%fZ', 1609459200 + i * 157680000.0 / ${lines / 5}, 'unixepoch'),
      (SELECT country FROM customers WHERE id = 1 + (i * 7919) % 59), 495 FROM n;
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${lines - 1})
    INSERT INTO invoice_lines (invoice_id, track_id, unit_price_cents, quantity)
    SELECT 1000001 + i / 5, 1 + ((i * 2654435761) >> 8) % 3503, 99, 1 FROM n;`);
}

function run(sql: string, params: Record<string, Param>): string {
  return (db.prepare(sql).raw().get(params) as [string])[0];
}

/** As the keeper does. @returns the number of packed days. */
function packAll(): number {
  for (let days = 0; ; ) {
    const { sql, params } = SALES_STATE_READ.statement({}, NOW);
    const { packed } = JSON.parse(run(sql, params)) as SalesState;
    if (packed.length === 0) return days;
    const context = { now: "", ifMatch: null, ifNoneMatch: null, uuid: () => "" };
    for (const { sql, params } of KEEP_SALES.statements({ packed: JSON.stringify(packed) }, context))
      db.prepare(sql).run(params);
    days += packed.length;
  }
}

function cpuMs(action: () => unknown): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const nine = (action: () => unknown): number => median(Array.from({ length: 9 }, () => cpuMs(action)));

const PERIODS = { "all sales": {}, "17 months": { from: "2022-05-10", to: "2023-10-20" } };

function reports(title: string, of: Connection): void {
  console.log(`\n${title}, ms of processor time`);
  for (const by of REPORTS_BY) {
    const times = Object.values(PERIODS).map((period) => {
      const { sql, params } = REVENUE_READ.statement({ by, limit: 100, ...period }, NOW);
      const prepared = of.prepare(sql).raw();
      return nine(() => prepared.get(params)).toFixed(1);
    });
    const compared = TIMES.has(by)
      ? ""
      : nine(() => {
          const period = { from: "2022-05-10", to: "2023-10-20", compare: "previous" } as const;
          const { sql, params } = REVENUE_READ.statement({ by, limit: 100, ...period }, NOW);
          of.prepare(sql).raw().get(params);
        }).toFixed(1);
    console.log(
      `${by.padEnd(10)} ${Object.keys(PERIODS)
        .map((name, i) => `${name} ${times[i]}`)
        .join("  ")}  compared ${compared}`,
    );
  }
}

const plain = (
  by: string,
) => `SELECT ${by}, sum(l.unit_price_cents * l.quantity) AS revenue, count(DISTINCT i.id)
  FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id JOIN tracks t ON t.id = l.track_id GROUP BY 1 ORDER BY 2 DESC LIMIT 100`;

try {
  console.log(`${LINES.toLocaleString("en")} lines: filled in ${cpuMs(() => fill(LINES)).toFixed(0)} ms`);
  let days = 0;
  const packing = cpuMs(() => {
    days = packAll();
  });
  const bytes = db.prepare("SELECT sum(length(sales)) FROM sales_days").pluck().get() as number;
  console.log(`${days} days packed in ${packing.toFixed(0)} ms: ${(bytes / LINES).toFixed(1)} bytes a line`);
  reports("everything packed", db);
  db.exec(`INSERT INTO invoice_lines (invoice_id, track_id, unit_price_cents, quantity)
    SELECT id, 1, 99, 1 FROM invoices WHERE id >= 1000000 AND id % 10007 = 0`);
  const due = db.prepare("SELECT count(*) FROM sales_due").pluck().get();
  reports(`late lines on ${due} days`, db);
  console.log("\nplain SQL over all lines, ms of processor time");
  for (const by of ["t.genre_id", "l.track_id", "i.billing_country"]) {
    const prepared = db.prepare(plain(by));
    console.log(`${by} ${median([1, 2, 3].map(() => cpuMs(() => prepared.all()))).toFixed(0)}`);
  }
} finally {
  db.close();
  rmSync(folder, { recursive: true });
}
