import type { SettingName } from "../src/shared/settings.ts";
import type { Tuning } from "../src/shared/tuning.ts";
import type { ScenarioName } from "./scenarios/index.ts";

/** Settings whose default affects speed or memory. */
type MeasuredSetting =
  | "pointReaders"
  | "scanReaders"
  | "synchronous"
  | "checkpoints"
  | "walLimitMb"
  | "cacheMb"
  | "logRequests";

/**
 * The scenarios that determined each default. docs/settings.md and DESIGN.md name them, and a test compares all
 * three.
 */
export const SETTINGS_CHOSEN_BY = {
  pointReaders: ["readers-point"],
  scanReaders: ["readers-scan", "points-beside-scans"],
  synchronous: ["single-write", "durable-post"],
  checkpoints: ["wal", "wal-cap"],
  walLimitMb: ["wal-arrays", "wal-scans"],
  cacheMb: ["cache-size", "steps-read"],
  logRequests: ["request-log"],
} as const satisfies Record<MeasuredSetting & SettingName, readonly ScenarioName[]>;

/** The same for all values of `Tuning`. */
export const TUNING_CHOSEN_BY = {
  readBatch: ["batch-read", "steps-read"],
  scanBatch: ["batch-scan", "search-1500"],
  writeBatch: ["batch-write", "steps-write"],
  lanes: ["points-beside-scans", "without-one"],
  walIdleBytes: ["wal-idle"],
  walCapBytes: ["wal-cap"],
  reader: ["profile-get", "profile-search"],
  writer: ["profile-write"],
} as const satisfies Record<keyof Tuning, readonly ScenarioName[]>;
