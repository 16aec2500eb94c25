import type { Check } from "../check.ts";
import { BACKUPS } from "./backups.ts";
import { CACHE } from "./cache.ts";
import { CONTENT } from "./content.ts";
import { DISK } from "./disk.ts";
import { MACHINE } from "./machine.ts";
import { SERVING } from "./serving.ts";
import { WAITING } from "./waiting.ts";
import { WAL } from "./wal.ts";

/** All checks, in the order of the report. */
export const CHECKS: readonly Check[] = [
  ...SERVING,
  ...WAITING,
  ...DISK,
  ...WAL,
  ...MACHINE,
  ...CACHE,
  ...CONTENT,
  ...BACKUPS,
];
