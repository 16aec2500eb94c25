import { feature } from "../feature.ts";
import { catalogueCommands } from "./command-line.ts";
import { BULK_COMMANDS } from "./commands.ts";
import { demoInto, fillDemo } from "./demo.ts";
import { bulkRoutes } from "./routes.ts";
import { SOURCE_READ } from "./source.ts";
import { openTarget } from "./target.ts";

const value = feature({
  name: "bulk",
  reads: [SOURCE_READ],
  commands: Object.values(BULK_COMMANDS),
  open: ({ engine }) => ({ routes: bulkRoutes(engine.answers, engine.commands) }),
  commandLine: catalogueCommands,
});

/** Loading whole catalogues: imported, generated, and the demo of the first start. */
export const bulk = Object.freeze({ ...value, openTarget, fillDemo, demoInto });
