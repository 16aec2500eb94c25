import type { Settings } from "../../../shared/settings.ts";
import { TUNING } from "../../../shared/tuning.ts";
import { version } from "../../../shared/version.ts";
import type { Engine } from "../../engine/engine.ts";
import { feature } from "../feature.ts";
import { health } from "../health/feature.ts";
import { jobs } from "../jobs/feature.ts";
import { vitalsCommands } from "./command-line.ts";
import { countersOf } from "./counters.ts";
import { History } from "./history.ts";
import { Live, liveRoute } from "./live-stream.ts";
import { vitalsRoutes } from "./routes.ts";
import type { Health } from "./sample.ts";
import { Sampler } from "./sampler.ts";

/** The server's live view, history and report. */
export const vitals = feature({
  name: "vitals",
  reads: [],
  commands: [],
  open({ engine, settings, use }) {
    const history = new History(settings.database);
    const counters = () => countersOf(engine, settings.database);
    let known: Health = { status: "ok", failing: [] };
    // From the last periodic report, which comes as often as a sample.
    use(health).health.onReport(({ status, checks }) => {
      const failing = checks.filter((check) => check.status !== "ok").map(({ name }) => name);
      known = { status, failing };
    });
    const judged = () => known;
    const sampler = new Sampler({ counters, health: judged, history, log: engine.log });
    const running = use(jobs).jobs;
    const live = new Live({
      ...{ counters, health: judged, log: engine.log },
      jobs: () => JSON.stringify(running.summary),
      facts: () => factsOf(engine, settings),
    });
    return {
      routes: [...vitalsRoutes({ counters, health: judged, history }), liveRoute(live)],
      start: () => sampler.start(),
      close: async () => {
        await sampler.close();
        await history.close();
      },
    };
  },
  commandLine: vitalsCommands,
});

const MEBIBYTE = 1_048_576;

/** Each start has its own `started_at`, so a viewer notices a restart. */
const factsOf = ({ cache }: Engine, settings: Settings) => ({
  version,
  started_at: new Date(performance.timeOrigin).toISOString(),
  point_readers: settings.pointReaders,
  scan_readers: settings.scanReaders,
  synchronous: settings.synchronous,
  cache_max_bytes: cache.limits.hot + cache.limits.database,
  wal_cap_bytes: TUNING.walCapBytes,
  wal_limit_bytes: settings.walLimitMb * MEBIBYTE,
});
