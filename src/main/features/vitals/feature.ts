import { feature } from "../feature.ts";
import { health } from "../health/feature.ts";
import { vitalsCommands } from "./command-line.ts";
import { countersOf } from "./counters.ts";
import { History } from "./history.ts";
import { vitalsRoutes } from "./routes.ts";
import type { Health } from "./sample.ts";
import { Sampler } from "./sampler.ts";

/** How the server is and was: the live view, the history and the report. */
export const vitals = feature({
  name: "vitals",
  reads: [],
  commands: [],
  open({ engine, settings, use }) {
    const history = new History(settings.database);
    const counters = () => countersOf(engine, settings.database);
    let known: Health = { status: "ok", failing: [] };
    // Of its last turn, which comes as often as a sample.
    use(health).health.onReport(({ status, checks }) => {
      const failing = checks.filter((check) => check.status !== "ok").map(({ name }) => name);
      known = { status, failing };
    });
    const judged = () => known;
    const sampler = new Sampler({ counters, health: judged, history, log: engine.log });
    return {
      routes: vitalsRoutes({ counters, health: judged, history }),
      start: () => sampler.start(),
      close: async () => {
        await sampler.close();
        await history.close();
      },
    };
  },
  commandLine: vitalsCommands,
});
