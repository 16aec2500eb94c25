import { DISCOVER_COMMANDS } from "../discover/registry.ts";
import { RECORD_SEARCHES } from "../search/statistics.ts";
import { REPLACE_SUGGESTIONS } from "../search/suggestions.ts";
import { TAG_COMMANDS } from "../search/tags.ts";
import { FTS_COMMANDS } from "../search/upkeep.ts";
import { LEARN } from "../search/vocabulary.ts";
import { BULK_COMMANDS } from "./bulk.ts";
import { CATALOGUE_COMMANDS, PLAYLIST_COMMANDS } from "./catalogue.ts";
import type { AnyCommand } from "./command.ts";
import { PLAY_COMMANDS } from "./plays.ts";

/** Every command there is. A new one is added here and beside its route, and nowhere else. */
export const COMMANDS: readonly AnyCommand[] = [
  ...Object.values(CATALOGUE_COMMANDS).flatMap(({ create, patch, remove }) => [create, patch, remove]),
  ...Object.values(PLAYLIST_COMMANDS),
  ...Object.values(PLAY_COMMANDS),
  ...DISCOVER_COMMANDS,
  ...Object.values(BULK_COMMANDS),
  ...Object.values(TAG_COMMANDS),
  ...Object.values(FTS_COMMANDS),
  LEARN,
  RECORD_SEARCHES,
  REPLACE_SUGGESTIONS,
];
