import { feature } from "../feature.ts";
import { clusterCommands } from "./command-line.ts";

/** Several servers over one database, replicated by rqlite: moving there and back. The engine does the rest. */
export const cluster = feature({
  name: "cluster",
  reads: [],
  commands: [],
  open: () => ({ routes: [] }),
  commandLine: clusterCommands,
});
