import { atMost, type Check } from "../check.ts";
import type { Facts } from "../facts.ts";

const MEBIBYTE = 1_048_576;

function whoHolds({ settings, snapshotHolders }: Facts): string {
  if (settings.checkpoints === "external")
    return "Checkpoints are left to a replicator (CHINOOK_CHECKPOINTS=external): check that it runs.";
  if (snapshotHolders.length > 0)
    return `${snapshotHolders.join(", ")} holds a snapshot of the database: end its transaction.`;
  return "A long read of this server holds them back: `chinook query slow` names it. Then run `POST /admin/checkpoint`.";
}

/** Whether checkpoints keep up with the WAL. */
export const WAL: readonly Check[] = [
  {
    name: "wal",
    judge: (facts) => {
      const limit = facts.settings.walLimitMb * MEBIBYTE;
      const managed = facts.settings.checkpoints === "managed";
      return atMost(facts.wal.bytes, {
        warn: limit / 2,
        ...(managed ? { fail: limit } : {}),
        unit: "bytes",
        advice: `${managed ? "Past CHINOOK_WAL_LIMIT_MB writes are refused with 503. " : ""}${whoHolds(facts)}`,
      });
    },
  },
  {
    name: "checkpoint_age",
    judge: (facts) =>
      atMost(facts.checkpointBehindMs / 1_000, {
        warn: 60,
        fail: 1_800,
        unit: "s",
        advice: `The WAL has not been moved into the file for so long. ${whoHolds(facts)}`,
      }),
  },
];
