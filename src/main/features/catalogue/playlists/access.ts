import type { Guard, Statement } from "../../../../shared/protocol.ts";
import { statement } from "../../../engine/commands/command.ts";
import { FOUND } from "../../../engine/commands/guards.ts";
import type { Principal } from "../../../http/access.ts";

/**
 * Who makes a request, with regard to playlists. Without accounts there is one listener, without a number. Their
 * playlists have no owner, as imported ones, and anybody who may write to the catalogue may change them.
 */
export interface Asker {
  readonly user: number | null;
  /** 1 if playlists without an owner may be changed. */
  readonly editor: 0 | 1;
}

export const askerOf = ({ user, permissions }: Principal): Asker => ({
  user,
  editor: permissions.has("catalogue:write") ? 1 : 0,
});

/** Whether a principal may change a playlist; `t` is the playlist. */
export const OWN = "(t.owner_id = likely(@user) OR (t.owner_id IS NULL AND likely(@editor)))";

const NOT_YOURS: Guard = {
  must: "find",
  otherwise: { code: "forbidden", detail: "the playlist belongs to another user; copy it to change it" },
};

/** Refuses playlists that the principal may not see, as not found. */
export const visible = (id: number, asker: Asker): Statement =>
  statement(
    `SELECT 1 FROM playlists t WHERE t.id = likely(@id) AND (t.visibility <> 'private' OR ${OWN})`,
    { id, ...asker },
    FOUND,
  );

/** Refuses playlists that the principal may see but not change. */
export const changeable = (id: number, asker: Asker): Statement[] => [
  visible(id, asker),
  statement(`SELECT 1 FROM playlists t WHERE t.id = likely(@id) AND ${OWN}`, { id, ...asker }, NOT_YOURS),
];
