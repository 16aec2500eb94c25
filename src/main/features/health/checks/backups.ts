import { atMost, type Check, type Finding, finding } from "../check.ts";
import type { Facts } from "../facts.ts";

const DAY_S = 86_400;
/** Seconds after which backups are old, if no schedule is set. */
const OLD_S = 7 * DAY_S;

const inSeconds = (ms: number | null): number | null => (ms === null ? null : Math.round(ms / 1_000));

/** Each backup was verified when it was made, so the newest is verified. */
function judgeFolder({ backups: { ageMs, nothingToLose }, settings }: Facts): Finding {
  const { backupEvery: every, checkpoints } = settings;
  const [threshold, age] = [every > 0 ? 2 * every : OLD_S, inSeconds(ageMs)];
  if (age === null && (nothingToLose || (checkpoints === "external" && every === 0)))
    return finding("ok", null, threshold, "", "s");
  const advice =
    every > 0
      ? 'The schedule (CHINOOK_BACKUP_EVERY) is not met: search for "backup failed" in the log.'
      : "Nothing makes backups: set CHINOOK_BACKUP_EVERY=6h, or run `chinook backup create`.";
  if (age === null) return finding("warn", null, threshold, advice, "s");
  return atMost(age, { warn: threshold, fail: 5 * threshold, unit: "s", advice });
}

function judgeBucket({ backups: { bucketAgeMs: age }, settings }: Facts): Finding {
  const threshold = settings.backupEvery > 0 ? 2 * settings.backupEvery : OLD_S;
  const advice =
    "Check CHINOOK_BACKUP_S3_BUCKET, its endpoint and credentials: `chinook backup list --from bucket`.";
  if (age === undefined) return finding("ok", null, threshold, "", "s");
  if (typeof age === "string") return finding("warn", age, threshold, advice, "s");
  if (age === null) return finding("warn", null, threshold, `It holds no backup. ${advice}`, "s");
  return atMost(inSeconds(age), { warn: threshold, unit: "s", advice });
}

/** Whether recent data is also stored elsewhere: seconds since the state of the newest backup. */
export const BACKUPS: readonly Check[] = [
  { name: "backups", judge: judgeFolder },
  { name: "backup_bucket", judge: judgeBucket },
];
