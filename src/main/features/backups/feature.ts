import { IDENTITY_SQL } from "../../../shared/database/identity.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";
import { feature } from "../feature.ts";
import { jobs } from "../jobs/feature.ts";
import { assertLibrary } from "./archive/bucket.ts";
import type { Place } from "./archive/store.ts";
import { Backups } from "./backups.ts";
import { backupBeforeMigration } from "./before-migration.ts";
import { backupCommands } from "./command-line.ts";
import { backupFirst, keeperOf, withBars } from "./keeper.ts";
import { type PlaceSettings, placesOf, retentionOf } from "./places.ts";
import { backupRoutes } from "./routes.ts";

/** `{"id"}` of the database. */
const IDENTITY_READ: Read<Nothing> = read({
  name: "backups.identity",
  lane: "point",
  params: nothing,
  statement: () => ({ sql: `SELECT json_object('id', (${IDENTITY_SQL})), '', NULL`, params: {} }),
  cache: UNCACHED,
});

const value = feature({
  name: "backups",
  reads: [IDENTITY_READ],
  commands: [],
  prepare: async (settings) => {
    if (placesOf(settings).bucket !== null) assertLibrary();
    return undefined;
  },
  async open({ engine, settings, use }) {
    const identity = await engine.answers.fetch(IDENTITY_READ, {}, Answers.key(IDENTITY_READ, {}));
    const places = placesOf(settings, JSON.parse(identity!.entry.body).id);
    const backups = new Backups({
      database: settings.database,
      writer: settings.checkpoints === "managed" ? engine.storage : null,
      places,
      keep: retentionOf(settings),
      every: settings.backupEvery,
      log: engine.log,
      metrics: engine.metrics,
      jobs: use(jobs).jobs,
    });
    return {
      folder: places.folder,
      list: (from: Place) => backups.list(from),
      routes: backupRoutes(backups),
      close: () => backups.close(),
    };
  },
  commandLine: backupCommands,
});

/** Backups: made by request and by schedule, listed, verified, pruned, restored. */
export const backups = Object.freeze({
  ...value,
  beforeMigration: backupBeforeMigration,
  backupFirst,
  keeperOf,
  withBars,
  folderOf: (settings: PlaceSettings) => placesOf(settings).folder,
});
