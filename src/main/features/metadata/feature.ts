import { feature } from "../feature.ts";
import { METADATA_COMMANDS } from "./commands.ts";
import { METADATA_READS } from "./reads.ts";
import { metadataRoutes } from "./routes.ts";

/** Keys and values of tracks, beside their fields. `src/main/model/metadata.ts` filters lists of tracks by them. */
export const metadata = feature({
  name: "metadata",
  reads: Object.values(METADATA_READS),
  commands: Object.values(METADATA_COMMANDS),
  open: ({ engine, writes }) => ({ routes: metadataRoutes(engine.answers, writes) }),
});
