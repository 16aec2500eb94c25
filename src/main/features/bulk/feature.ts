import { Answers } from "../../engine/reads/answers.ts";
import { feature } from "../feature.ts";
import { jobs } from "../jobs/feature.ts";
import { catalogueCommands } from "./command-line.ts";
import { BULK_COMMANDS } from "./commands.ts";
import { demoInto, fillDemo } from "./demo.ts";
import { adoptRequest, Loading } from "./loading.ts";
import { bulkRoutes } from "./routes.ts";
import { SOURCE_READ } from "./source.ts";
import { type Found, openTarget } from "./target.ts";

const value = feature({
  name: "bulk",
  reads: [SOURCE_READ],
  commands: Object.values(BULK_COMMANDS),
  open({ engine, settings, use }) {
    const loading = new Loading(settings.database, engine.log, use(jobs).jobs);
    const routes = bulkRoutes(engine.answers, engine.commands, {
      loading,
      replaceable: settings.checkpoints === "managed",
      adopt: () => engine.storage.adopt(adoptRequest(settings.database)),
    });
    const source = async (): Promise<Found> => {
      const found = await engine.answers.fetch(SOURCE_READ, {}, Answers.key(SOURCE_READ, {}));
      return JSON.parse(found!.entry.body);
    };
    return { routes, loading, source, close: () => loading.close() };
  },
  commandLine: catalogueCommands,
});

/** Loading whole catalogues: imported, generated, and the demo of the first start. */
export const bulk = Object.freeze({ ...value, openTarget, fillDemo, demoInto });
