import type { Guard, Statement } from "../../../../shared/protocol.ts";
import { statement } from "../../../engine/commands/command.ts";
import { FOUND } from "../../../engine/commands/guards.ts";
import type { Principal } from "../../../http/access.ts";

/**
 * Who asks, as far as playlists are concerned. Where nobody has an account there is one listener, who has no number:
 * what they make belongs to nobody, as what was imported does, and is for who may write to the catalogue.
 */
export interface Asker {
  readonly user: number | null;
  /** 1 who may change what belongs to nobody. */
  readonly editor: 0 | 1;
}

export const askerOf = ({ user, permissions }: Principal): Asker => ({
  user,
  editor: permissions.has("catalogue:write") ? 1 : 0,
});

/** Whether a playlist is the asker's to change; `t` is the playlist. */
export const OWN = "(t.owner_id = likely(@user) OR (t.owner_id IS NULL AND likely(@editor)))";

const NOT_YOURS: Guard = {
  must: "find",
  otherwise: { code: "forbidden", detail: "the playlist is another's; a copy of it would be yours" },
};

/** What one may not see is not there. */
export const visible = (id: number, asker: Asker): Statement =>
  statement(
    `SELECT 1 FROM playlists t WHERE t.id = likely(@id) AND (t.visibility <> 'private' OR ${OWN})`,
    { id, ...asker },
    FOUND,
  );

/** What one may see and not change is another's. */
export const changeable = (id: number, asker: Asker): Statement[] => [
  visible(id, asker),
  statement(`SELECT 1 FROM playlists t WHERE t.id = likely(@id) AND ${OWN}`, { id, ...asker }, NOT_YOURS),
];
