import { Bell } from "../../http/event-stream.ts";
import { feature } from "../feature.ts";
import { CHANGES_READ, FORGET_CHANGES } from "./changes.ts";
import { changesRoute } from "./routes.ts";

/** Tags that a commit to the catalogue touches; a play touches none of them. */
const KINDS = /^(artists|albums|tracks|genres|media-types|playlists|tags|\*)(:|$)/;

/** Milliseconds between two looks whether the server is about to end. */
const LOOK_MS = 100;

/** What was created, changed and deleted, for clients that keep a copy. */
export const changes = feature({
  name: "changes",
  reads: [CHANGES_READ],
  commands: [FORGET_CHANGES],
  open({ engine, status }) {
    const bell = new Bell();
    const ending = () => status() === "draining";
    const look = setInterval(() => ending() && bell.ring(), LOOK_MS).unref();
    return {
      routes: [changesRoute({ answers: engine.answers, bell, ending })],
      onCommit: (tags) => {
        if (tags.some((tag) => KINDS.test(tag))) bell.ring();
      },
      close: () => clearInterval(look),
    };
  },
  upkeep: [FORGET_CHANGES],
});
