import type { Settings } from "../../../shared/settings.ts";
import { feature } from "../feature.ts";
import { jobs } from "../jobs/feature.ts";
import { BIN_COMMANDS, SWEEP } from "./bin/commands.ts";
import { BIN_READS } from "./bin/reads.ts";
import { binRoutes } from "./bin/routes.ts";
import { CATALOGUE_COMMANDS } from "./commands.ts";
import { EXPORT_READS, exportRoutes } from "./export/export.ts";
import { lineCommands } from "./import/command-line.ts";
import { Imports } from "./import/imports.ts";
import { PORTABLES } from "./import/portable.ts";
import { importRoutes } from "./import/routes.ts";
import { PLAYLIST_COMMANDS } from "./playlists/commands.ts";
import { ENTRY_COMMANDS } from "./playlists/entries.ts";
import { PLAYLIST_READS } from "./playlists/reads.ts";
import { playlistRoutes } from "./playlists/routes.ts";
import { CATALOGUE_READS, NESTED_READS } from "./reads.ts";
import { catalogueRoutes } from "./routes.ts";
import { tagRoutes } from "./tag-routes.ts";
import { TAG_COMMANDS, TRACK_TAGS_READ } from "./tags.ts";
import { TAXONOMY_COMMANDS } from "./taxonomy.ts";

/** Artists, albums, tracks, genres, media types, playlists and tags: browse and edit. */
export const catalogue = feature({
  name: "catalogue",
  reads: [
    ...Object.values(CATALOGUE_READS).flatMap((reads) => Object.values(reads)),
    ...Object.values(NESTED_READS),
    ...Object.values(PLAYLIST_READS),
    ...EXPORT_READS,
    ...Object.values(BIN_READS),
    TRACK_TAGS_READ,
  ],
  commands: [
    ...Object.values(CATALOGUE_COMMANDS).flatMap(({ create, patch, remove }) => [create, patch, remove]),
    ...Object.values(PLAYLIST_COMMANDS),
    ...Object.values(ENTRY_COMMANDS),
    ...Object.values(BIN_COMMANDS),
    SWEEP,
    ...Object.values(TAG_COMMANDS),
    ...Object.values(TAXONOMY_COMMANDS),
    ...PORTABLES.map(({ command }) => command),
  ],
  open({ engine, writes, settings, url, use }) {
    const { answers, commands, log } = engine;
    const { database } = settings;
    const imports = new Imports({ database, commands, log, jobs: use(jobs).jobs });
    return {
      routes: [
        ...catalogueRoutes(answers, writes),
        ...playlistRoutes({ answers, writes, origin: () => originOf(settings, url) }),
        ...tagRoutes(answers, writes),
        ...exportRoutes(answers),
        ...binRoutes(answers, writes),
        ...importRoutes(imports),
      ],
      close: () => imports.close(),
    };
  },
  upkeep: [SWEEP],
  commandLine: lineCommands,
});

const originOf = ({ publicUrl }: Settings, url: () => string): string =>
  (publicUrl === "" ? url() : publicUrl).replace(/\/+$/, "");
