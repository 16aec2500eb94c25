import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { installed } from "../support/prometheus.ts";
import { temporaryFolder } from "../support/server.ts";
import { run } from "../support/tools.ts";

/** The rules of deploy/, judged by promtool (skipped where it is not installed). */

const DEPLOY = resolve(import.meta.dirname, "../../deploy");
const RULES = join(DEPLOY, "chinook.rules.yml");
const ALERTS = [...readFileSync(RULES, "utf8").matchAll(/^ {6}- alert: (\w+)$/gm)].map(([, name]) => name!);

/** What happens each minute, in Prometheus' notation, and whether the alert fires after a time. */
interface Case {
  readonly alert: string;
  readonly fires: Readonly<Record<string, string>>;
  readonly quiet: Readonly<Record<string, string>>;
  /** When that is judged: three hours are longer than what most alerts look back at. */
  readonly minutes?: number;
}

/** Two days and two hours. */
const MINUTES = 3_000;
const HOURS = 180;
const rising = (each: number) => `0+${each}x${MINUTES}`;
const still = (value: number) => `${value}+0x${MINUTES}`;
const histogram = (name: string, labels: string, fast: number, slow: number) => ({
  [`${name}_bucket{instance="a",${labels}le="0.01"}`]: rising(fast),
  [`${name}_bucket{instance="a",${labels}le="10"}`]: rising(fast + slow),
  [`${name}_bucket{instance="a",${labels}le="+Inf"}`]: rising(fast + slow),
});
const waits = (name: string, labels = "") => ({
  fires: histogram(name, labels, 10, 90),
  quiet: histogram(name, labels, 100, 0),
});
const answers = (status: number, each: number) => ({
  [`chinook_http_request_duration_seconds_count{instance="a",status="${status}"}`]: rising(each),
});

const slowRoute = (route: string) => ({
  ...histogram("chinook_http_request_duration_seconds", `route="${route}",`, 10, 90),
  [`chinook_http_request_duration_seconds_count{instance="a",status="200",route="${route}"}`]: rising(100),
});

const CASES: readonly Case[] = [
  {
    alert: "ChinookDown",
    fires: { 'up{job="chinook",instance="a"}': still(0) },
    quiet: { 'up{job="chinook",instance="a"}': still(1) },
  },
  {
    alert: "ChinookHealthCheckFails",
    fires: { 'chinook_health_check{instance="a",check="wal"}': still(2) },
    quiet: { 'chinook_health_check{instance="a",check="wal"}': still(1) },
  },
  {
    alert: "ChinookHealthCheckWarns",
    fires: { 'chinook_health_check{instance="a",check="wal"}': still(1) },
    quiet: { 'chinook_health_check{instance="a",check="wal"}': still(0) },
  },
  {
    alert: "ChinookAnswersFail",
    fires: answers(500, 1),
    quiet: { ...answers(200, 100), ...answers(503, 1) },
  },
  { alert: "ChinookAnswersSlow", fires: slowRoute("/v1/search"), quiet: slowRoute("/admin/fts/rebuild") },
  {
    alert: "ChinookTurnedAway",
    fires: { 'chinook_rejected_requests_total{instance="a",reason="overloaded"}': rising(1) },
    quiet: { 'chinook_rejected_requests_total{instance="a",reason="bad_request"}': rising(1) },
  },
  { alert: "ChinookReadsWait", ...waits("chinook_read_wait_seconds", 'lane="scan",') },
  { alert: "ChinookDiskSlow", ...waits("chinook_commit_duration_seconds") },
  {
    alert: "ChinookWalGrows",
    fires: { 'chinook_wal_bytes{instance="a"}': still(100_000_000) },
    quiet: { 'chinook_wal_bytes{instance="a"}': still(24_000_000) },
  },
  {
    alert: "ChinookEventLoopLate",
    fires: { 'chinook_nodejs_eventloop_lag_p99_seconds{instance="a"}': still(0.2) },
    quiet: { 'chinook_nodejs_eventloop_lag_p99_seconds{instance="a"}': still(0.02) },
  },
  {
    alert: "ChinookWritesInDoubt",
    fires: { 'chinook_write_failures_total{instance="a",code="io_failed"}': rising(1) },
    quiet: { 'chinook_write_failures_total{instance="a",code="not_found"}': rising(1) },
  },
  {
    alert: "ChinookThreadsLost",
    fires: { 'chinook_threads_lost_total{instance="a",thread="scan"}': rising(1) },
    quiet: { 'chinook_threads_lost_total{instance="a",thread="scan"}': still(1) },
  },
  {
    alert: "ChinookBackupsFail",
    fires: { 'chinook_backups_total{instance="a",result="failed"}': rising(1) },
    quiet: { 'chinook_backups_total{instance="a",result="ok"}': rising(1) },
  },
  {
    alert: "ChinookBackupsOld",
    fires: { 'chinook_backup_last_success_timestamp_seconds{instance="a"}': still(0) },
    quiet: { 'chinook_backup_last_success_timestamp_seconds{instance="a"}': rising(60) },
    minutes: MINUTES,
  },
  {
    alert: "ChinookHousekeepingFails",
    fires: {
      'chinook_housekeeping_failures_total{instance="a",task="optimize",code="disk_full"}': rising(1),
    },
    quiet: { 'chinook_housekeeping_failures_total{instance="a",task="optimize",code="busy"}': still(1) },
  },
];

const seriesOf = (series: Case["fires"]) =>
  Object.entries(series).map(([name, values]) => ({ series: name, values }));

const promtool = (...args: string[]) => run("promtool", args, DEPLOY);

test("every alert has a case that fires it and one that does not", () => {
  expect(CASES.map(({ alert }) => alert)).toEqual(ALERTS);
});

test("docs/operating.md has a section for every alert", () => {
  const page = readFileSync(resolve(DEPLOY, "../docs/operating.md"), "utf8");
  const rows = [...page.matchAll(/^\| `(Chinook\w+)`/gm)].map(([, name]) => name!);
  expect(rows).toEqual(ALERTS);
});

describe.skipIf(!installed("promtool"))("promtool", () => {
  test("accepts the rules and the configuration", () => {
    const rules = promtool("check", "rules", RULES);
    expect(rules.code, rules.said).toBe(0);
    const config = promtool("check", "config", join(DEPLOY, "prometheus.yml"));
    expect(config.code, config.said).toBe(0);
  });

  test.each(CASES)("$alert fires if it should, and only then", ({ alert, fires, quiet, minutes = HOURS }) => {
    const file = join(temporaryFolder(), "test.yml");
    const asked = (expression: string, count: number) => ({
      expr: expression,
      eval_time: `${minutes}m`,
      exp_samples: count === 0 ? [] : [{ labels: "{}", value: count }],
    });
    const firing = `count(ALERTS{alertname="${alert}",alertstate="firing"})`;
    const cases = [
      { interval: "1m", input_series: seriesOf(fires), promql_expr_test: [asked(firing, 1)] },
      { interval: "1m", input_series: seriesOf(quiet), promql_expr_test: [asked(firing, 0)] },
    ];
    writeFileSync(file, JSON.stringify({ rule_files: [RULES], evaluation_interval: "1m", tests: cases }));
    const { code, said } = promtool("test", "rules", file);
    expect(code, said).toBe(0);
  });
});
