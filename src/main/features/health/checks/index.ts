import type { Check } from "../check.ts";
import { BACKUPS } from "./backups.ts";
import { CACHE } from "./cache.ts";
import { CONTENT } from "./content.ts";
import { DISK } from "./disk.ts";
import { MACHINE } from "./machine.ts";
import { SERVING } from "./serving.ts";
import { WAITING } from "./waiting.ts";
import { WAL } from "./wal.ts";

/** Every check there is, in the order in which they are told. */
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
