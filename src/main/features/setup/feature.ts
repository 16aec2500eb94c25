import { feature } from "../feature.ts";
import { setupCommands } from "./command-line.ts";

/** What is done before the first start: everything a machine needs, and whether the settings are wise. */
export const setup = feature({
  name: "setup",
  reads: [],
  commands: [],
  open: () => ({ routes: [] }),
  commandLine: setupCommands,
});
