import { dirname, join } from "node:path";
import type { Settings } from "../../../shared/settings.ts";
import type { Places } from "./archive/jobs.ts";
import type { Retention } from "./archive/retention.ts";

export type PlaceSettings = Pick<
  Settings,
  "database" | "backupDir" | "backupS3Bucket" | "backupS3Endpoint" | "backupS3Region" | "backupS3Prefix"
>;

/** The configured locations of a database's backups. */
export function placesOf(settings: PlaceSettings, databaseId: string | null = null): Places {
  const { database, backupDir, backupS3Bucket: bucket } = settings;
  const { backupS3Endpoint: endpoint, backupS3Region: region, backupS3Prefix: prefix } = settings;
  return {
    folder: backupDir === "" ? join(dirname(database), "backups") : backupDir,
    bucket: bucket === "" ? null : { bucket, endpoint, region, prefix },
    databaseId,
  };
}

export const retentionOf = (
  settings: Pick<Settings, "backupKeepLast" | "backupKeepDaily" | "backupKeepWeekly">,
): Retention => ({
  last: settings.backupKeepLast,
  daily: settings.backupKeepDaily,
  weekly: settings.backupKeepWeekly,
});
