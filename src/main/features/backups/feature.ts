import { feature } from "../feature.ts";
import { assertLibrary } from "./archive/bucket.ts";
import { Backups } from "./backups.ts";
import { backupBeforeMigration } from "./before-migration.ts";
import { backupCommands } from "./command-line.ts";
import { backupFirst } from "./keeper.ts";
import { placesOf, retentionOf } from "./places.ts";
import { backupRoutes } from "./routes.ts";

const value = feature({
  name: "backups",
  reads: [],
  commands: [],
  prepare: async (settings) => {
    if (placesOf(settings).bucket !== null) assertLibrary();
    return undefined;
  },
  open({ engine, settings }) {
    const backups = new Backups({
      database: settings.database,
      writer: settings.checkpoints === "managed" ? engine.storage : null,
      places: placesOf(settings),
      keep: retentionOf(settings),
      every: settings.backupEvery,
      log: engine.log,
      metrics: engine.metrics,
    });
    return { routes: backupRoutes(backups), close: () => backups.close() };
  },
  commandLine: backupCommands,
});

/** Backups: made by request and by schedule, listed, verified, pruned, restored. */
export const backups = Object.freeze({ ...value, beforeMigration: backupBeforeMigration, backupFirst });
