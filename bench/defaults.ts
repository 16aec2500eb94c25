import type { SettingName } from "../src/shared/settings.ts";
import type { Tuning } from "../src/shared/tuning.ts";
import type { ScenarioName } from "./scenarios/index.ts";

/** Settings whose default is a matter of speed or memory. Where to listen, or what to keep, is not. */
type MeasuredSetting =
  | "pointReaders"
  | "scanReaders"
  | "synchronous"
  | "checkpoints"
  | "walLimitMb"
  | "cacheMb"
  | "logRequests";

/** The scenarios that a default was chosen by. docs/settings.md and DESIGN.md name them, and a test holds all three together. */
export const SETTINGS_CHOSEN_BY = {
  pointReaders: ["readers-point"],
  scanReaders: ["readers-scan", "points-beside-scans"],
  synchronous: ["single-write", "durable-post"],
  checkpoints: ["wal", "wal-cap"],
  walLimitMb: ["wal-arrays", "wal-scans"],
  cacheMb: ["cache-size", "steps-read"],
  logRequests: ["request-log"],
} as const satisfies Record<MeasuredSetting & SettingName, readonly ScenarioName[]>;

/** The same for numbers that are no settings, all of them. */
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
