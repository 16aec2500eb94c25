import { feature } from "../feature.ts";
import { PLAY_COMMANDS } from "./commands.ts";
import { totalsKeeper } from "./keeper.ts";
import { CHART_READS, HISTORY_READ } from "./reads.ts";
import { listeningRoutes } from "./routes.ts";
import { TOTALS_COMMANDS, TOTALS_STATE_READ } from "./totals.ts";

/** Plays: recorded, listed by listener, and counted in charts. */
export const listening = feature({
  name: "listening",
  reads: [...Object.values(CHART_READS), HISTORY_READ, TOTALS_STATE_READ],
  commands: [...Object.values(PLAY_COMMANDS), ...Object.values(TOTALS_COMMANDS)],
  open({ engine, writes }) {
    const { answers, commands, log, reads } = engine;
    const busy = () => engine.writes.queueLength > 0 || reads.queueLengths.scan > 0;
    let due = 0;
    const keeper = totalsKeeper({ answers, commands, busy, log }, (slots) => {
      due = slots;
    });
    return {
      routes: listeningRoutes(answers, writes),
      gauges: { playTotalsDue: () => due },
      start: () => keeper.start(),
      close: () => keeper.close(),
    };
  },
});
