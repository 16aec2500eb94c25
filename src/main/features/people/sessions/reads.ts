import { z } from "zod";
import { type Read, read, UNCACHED } from "../../../engine/reads/read.ts";

export const SESSION_JSON = `json_object('id', s.id, 'user_id', s.user_id, 'device', s.device, 'address', s.address,
  'created_at', s.created_at, 'last_seen_at', s.last_seen_at, 'expires_at', s.expires_at)`;

/** Sessions in one list at most. */
const MOST = 200;

/** Never cached: the time of last use changes without touching a tag. `session` is the one of the request, if any. */
export const SESSIONS_READ: Read<{
  readonly user: number;
  readonly session: number | null;
  readonly now: string;
  readonly idle_since: string;
}> = read({
  name: "sessions.list",
  lane: "point",
  params: z.strictObject({
    user: z.int(),
    session: z.int().nullable(),
    now: z.string(),
    idle_since: z.string(),
  }),
  statement: ({ user, session, now, idle_since }) => ({
    sql: `SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (
        SELECT json_set(${SESSION_JSON}, '$.current', json(iif(s.id IS likely(@session), 'true', 'false'))) AS item FROM sessions s WHERE s.user_id = likely(@user)
          AND s.expires_at > likely(@now) AND s.last_seen_at > likely(@idle_since)
        ORDER BY s.id DESC LIMIT ${MOST}))), 'next', NULL), '', NULL`,
    params: { user, session, now, idle_since },
  }),
  cache: UNCACHED,
});
