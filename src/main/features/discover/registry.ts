import type { AnyCommand } from "../../engine/commands/command.ts";
import type { AnyRead } from "../../engine/reads/read.ts";
import { RECOMMENDATIONS_READ } from "./recommendations.ts";
import { KNOWN_SIMILAR_READ, NEAREST_READ, NEIGHBOURS_READ, SIMILAR_READ } from "./similar.ts";
import { SPREAD_COMMANDS } from "./spread-commands.ts";
import { VECTOR_COMMANDS } from "./vector-commands.ts";
import { VECTOR_READS } from "./vector-reads.ts";

/** The reads and commands of this folder. */
export const DISCOVER_READS: readonly AnyRead[] = [
  ...VECTOR_READS,
  SIMILAR_READ,
  NEAREST_READ,
  NEIGHBOURS_READ,
  KNOWN_SIMILAR_READ,
  RECOMMENDATIONS_READ,
];
export const DISCOVER_COMMANDS: readonly AnyCommand[] = [
  ...Object.values(VECTOR_COMMANDS),
  ...Object.values(SPREAD_COMMANDS),
];
