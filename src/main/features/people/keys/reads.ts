import { z } from "zod";
import { type Read, read, UNCACHED } from "../../../engine/reads/read.ts";

export const KEY_JSON = `json_object('id', k.id, 'user_id', k.user_id, 'name', k.name, 'scopes', json(k.scopes),
  'rate_per_minute', k.rate_per_minute, 'created_at', k.created_at, 'expires_at', k.expires_at,
  'last_used_at', k.last_used_at)`;

/** Never cached: the time of last use changes without touching a tag. A user has at most a hundred. */
export const KEYS_READ: Read<{ readonly user: number }> = read({
  name: "keys.list",
  lane: "point",
  params: z.strictObject({ user: z.int() }),
  statement: ({ user }) => ({
    sql: `SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (
        SELECT ${KEY_JSON} AS item FROM api_keys k WHERE k.user_id = likely(@user) ORDER BY k.id))), 'next', NULL), '', NULL`,
    params: { user },
  }),
  cache: UNCACHED,
});
