import { feature } from "../feature.ts";
import { CATALOGUE_COMMANDS, PLAYLIST_COMMANDS } from "./commands.ts";
import { CATALOGUE_READS, NESTED_READS } from "./reads.ts";
import { catalogueRoutes } from "./routes.ts";
import { tagRoutes } from "./tag-routes.ts";
import { TAG_COMMANDS, TAGS_READ, TRACK_TAGS_READ } from "./tags.ts";

/** Artists, albums, tracks, genres, media types, playlists and tags: browse and edit. */
export const catalogue = feature({
  name: "catalogue",
  reads: [
    ...Object.values(CATALOGUE_READS).flatMap((reads) => Object.values(reads)),
    ...Object.values(NESTED_READS),
    TAGS_READ,
    TRACK_TAGS_READ,
  ],
  commands: [
    ...Object.values(CATALOGUE_COMMANDS).flatMap(({ create, patch, remove }) => [create, patch, remove]),
    ...Object.values(PLAYLIST_COMMANDS),
    ...Object.values(TAG_COMMANDS),
  ],
  open: ({ engine, writes }) => ({
    routes: [...catalogueRoutes(engine.answers, writes), ...tagRoutes(engine.answers, writes)],
  }),
});
