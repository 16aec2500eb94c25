import { feature } from "../feature.ts";
import { PLAY_COMMANDS } from "./commands.ts";
import { CHART_READS, HISTORY_READ } from "./reads.ts";
import { listeningRoutes } from "./routes.ts";

/** Plays: recorded, listed by listener, and counted in charts. */
export const listening = feature({
  name: "listening",
  reads: [...Object.values(CHART_READS), HISTORY_READ],
  commands: Object.values(PLAY_COMMANDS),
  open: ({ engine, writes }) => ({ routes: listeningRoutes(engine.answers, writes) }),
});
