import type { AnyRead } from "../reads/read.ts";
import type { AnyCommand } from "../writes/command.ts";
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
