import { feature } from "../feature.ts";
import { setupCommands } from "./command-line.ts";

/** Preparation before the first start: everything a machine needs, and a check of the settings. */
export const setup = feature({
  name: "setup",
  reads: [],
  commands: [],
  open: () => ({ routes: [] }),
  commandLine: setupCommands,
});
