import { statSync } from "node:fs";
import { bulk } from "../bulk/feature.ts";
import { feature } from "../feature.ts";
import { cacheCommands } from "./cache-commands.ts";
import { cacheRoutes } from "./cache-routes.ts";
import { maintenanceCommands } from "./command-line.ts";
import { migrateCommands } from "./migrate-commands.ts";
import { migrationsRoute, SCHEMA_HISTORY_READ } from "./migrations.ts";
import { operationsRoutes } from "./routes.ts";
import { settingsRoute } from "./settings-routes.ts";

const fileBytes = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0;

/** Routes and commands for orchestrators, Prometheus and operators. */
export const operations = feature({
  name: "operations",
  reads: [SCHEMA_HISTORY_READ],
  commands: [],
  open({ engine, settings, status, use }) {
    const { loading } = use(bulk);
    const { cache, storage, metrics } = engine;
    const databaseBytes = () => fileBytes(settings.database);
    return {
      routes: [
        ...operationsRoutes({
          readiness: () => ({
            status: status() === "ok" && !engine.alive ? "failed" : status(),
            catalogue: loading.underWay ? "loading" : "ready",
          }),
          metrics: async () => ({
            text: await metrics.registry.metrics(),
            contentType: metrics.registry.contentType,
          }),
          optimize: () => storage.optimize(),
          checkpoint: () => storage.checkpoint(),
        }),
        ...cacheRoutes(cache),
        settingsRoute(settings),
        migrationsRoute(storage, engine.answers),
      ],
      gauges: { databaseBytes },
    };
  },
  commandLine: (program) => {
    maintenanceCommands(program);
    cacheCommands(program);
    migrateCommands(program);
  },
});
