import type { Checked } from "./checks.ts";
import type { Shot } from "./load/generator.ts";
import type { ScenarioName } from "./scenarios.ts";
import type { ServerName } from "./servers.ts";

/** One experiment: a scenario on a server, the how-manieth time. */
export interface Trial {
  readonly scenario: ScenarioName;
  readonly server: ServerName;
  readonly repeat: number;
}

/** What one trial found: one scenario, one server, one fresh process. Null is what could not be measured. */
export interface Round {
  readonly scenario: ScenarioName;
  readonly server: ServerName;
  readonly repeat: number;
  readonly requests: number;
  readonly seconds: number;
  readonly requests_per_second: number;
  readonly p50_ms: number;
  readonly p90_ms: number;
  readonly p99_ms: number;
  readonly p999_ms: number;
  readonly max_ms: number;
  /** Answers that were not 2xx, connections that failed, answers that were wrong, writes that were lost. */
  readonly errors: number;
  /** Requests still waiting at the end; their wait so far is part of the percentiles. */
  readonly unanswered: number | null;
  /** Answers compared with what the database holds. */
  readonly checked: number;
  /** 503s and failed writes, as the server counts them. */
  readonly busy: number;
  readonly server_cpu_us_per_request: number | null;
  /** 100 is one core: then the load generator is the bottleneck. */
  readonly load_cpu_percent: number | null;
  readonly rss_bytes: number | null;
  readonly wal_bytes_max: number | null;
  readonly beside_requests_per_second: number | null;
  readonly problems: readonly string[];
}

/** What was found beside the load generator's own figures. */
export interface Findings {
  readonly shot: Shot;
  readonly beside?: Shot | undefined;
  readonly checks?: Checked;
  readonly serverCpu?: number | null;
  readonly rss?: number | null;
  readonly wal?: number | undefined;
  readonly busy?: number;
  readonly lost?: number;
}

export function roundOf(trial: Trial, found: Findings): Round {
  const { shot, beside, checks = { checked: 0, wrong: [] }, serverCpu, lost = 0, busy = 0 } = found;
  const { requests, seconds, errors, unanswered, cpu_seconds, p50_ms, p90_ms, p99_ms, p999_ms, max_ms } =
    shot;
  const failed = errors + (beside?.errors ?? 0);
  return {
    ...trial,
    requests,
    seconds,
    requests_per_second: requests / seconds,
    ...{ p50_ms, p90_ms, p99_ms, p999_ms, max_ms },
    errors: failed + checks.wrong.length + lost,
    unanswered,
    checked: checks.checked,
    busy,
    server_cpu_us_per_request: serverCpu == null || requests === 0 ? null : (serverCpu / requests) * 1e6,
    load_cpu_percent: cpu_seconds === null ? null : (cpu_seconds / seconds) * 100,
    rss_bytes: found.rss ?? null,
    wal_bytes_max: found.wal ?? null,
    beside_requests_per_second: beside === undefined ? null : beside.requests / beside.seconds,
    problems: problemsOf(failed, checks.wrong, lost),
  };
}

function problemsOf(failed: number, wrong: readonly string[], lost: number): string[] {
  const failures = failed > 0 ? [`${failed} requests failed`] : [];
  const losses = lost > 0 ? [`${lost} answered writes are not in the database`] : [];
  return [...failures, ...losses, ...wrong.slice(0, 3).map((text) => `wrong answer: ${text}`)];
}
