import type { Settings } from "../../../shared/settings.ts";
import { version } from "../../../shared/version.ts";
import type { Logger } from "../../engine/log.ts";
import type { Manifest } from "./archive/manifest.ts";
import { runBackupJob } from "./backup-process.ts";
import { type PlaceSettings, placesOf } from "./places.ts";

/**
 * Makes a backup before a migration, in the process that holds the writer's lock. Only in the folder: a migration
 * does not wait for a bucket.
 *
 * @returns undefined if the settings turn it off.
 * @throws AppError as a backup does. Then do not migrate.
 */
export async function backupBeforeMigration(
  settings: PlaceSettings & Pick<Settings, "backupBeforeMigration">,
  log: Logger,
): Promise<{ backup: Manifest; folder: string } | undefined> {
  if (!settings.backupBeforeMigration) return undefined;
  const { folder } = placesOf(settings);
  const { database } = settings;
  const request = { database, reason: "migration", version, copied: null } as const;
  const backup = await runBackupJob("create", { folder, bucket: null, databaseId: null }, request);
  log.info({ backup: backup.id, folder }, "backup made before the migration");
  return { backup, folder };
}
