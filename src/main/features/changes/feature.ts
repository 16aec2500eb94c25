import { Bell } from "../../http/event-stream.ts";
import { feature } from "../feature.ts";
import { CHANGES_READ, FORGET_CHANGES } from "./changes.ts";
import { changesRoute } from "./routes.ts";

/** Tags of commits to the catalogue; a play has none of them. */
const KINDS = /^(artists|albums|tracks|genres|media-types|playlists|tags|\*)(:|$)/;

/** Feed of created, changed and deleted entities, for clients that keep a copy. */
export const changes = feature({
  name: "changes",
  reads: [CHANGES_READ],
  commands: [FORGET_CHANGES],
  open({ engine, ending }) {
    const bell = new Bell();
    return {
      routes: [changesRoute({ answers: engine.answers, bell, ending })],
      onCommit: (tags) => {
        if (tags.some((tag) => KINDS.test(tag))) bell.ring();
      },
    };
  },
  upkeep: [FORGET_CHANGES],
});
