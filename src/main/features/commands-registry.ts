import type { AnyCommand } from "../engine/commands/command.ts";
import { BULK_COMMANDS } from "./bulk/commands.ts";
import { CATALOGUE_COMMANDS, PLAYLIST_COMMANDS } from "./catalogue/commands.ts";
import { TAG_COMMANDS } from "./catalogue/tags.ts";
import { DISCOVER_COMMANDS } from "./discover/registry.ts";
import { PLAY_COMMANDS } from "./listening/commands.ts";
import { RECORD_SEARCHES } from "./search/statistics.ts";
import { REPLACE_SUGGESTIONS } from "./search/suggestions.ts";
import { FTS_COMMANDS } from "./search/upkeep.ts";
import { LEARN } from "./search/vocabulary.ts";

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
