import { z } from "zod";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED } from "../../../engine/commands/guards.ts";
import { endSessions } from "../accounts/commands.ts";
import { accountTags } from "../credentials.ts";
import { SESSION_JSON } from "./reads.ts";

/** Sessions that a user may have: the one that was not used for longest makes way. */
const MOST_SESSIONS = 100;

export interface NewSession {
  readonly user_id: number;
  readonly token_hash: string;
  readonly device: string | null;
  readonly address: string | null;
  readonly expires_at: string;
}

const create: Command<NewSession> = command({
  name: "sessions.create",
  input: z.strictObject({
    user_id: z.int(),
    token_hash: z.string(),
    device: z.string().nullable(),
    address: z.string().nullable(),
    expires_at: z.string(),
  }),
  statements: (session, { now }) => [
    statement(
      `DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = likely(@user_id)
         ORDER BY last_seen_at DESC LIMIT -1 OFFSET ${MOST_SESSIONS - 1})`,
      { user_id: session.user_id },
    ),
    statement(
      `INSERT INTO sessions (user_id, token_hash, device, address, created_at, last_seen_at, expires_at)
       SELECT id, @token_hash, @device, @address, @now, @now, @expires_at FROM users
       WHERE id = likely(@user_id) AND status = 'active'`,
      { ...session, now },
      { must: "change", otherwise: { code: "login_failed" } },
    ),
  ],
  answer: ({ token_hash }) =>
    statement(
      `SELECT ${SESSION_JSON} AS body, NULL AS etag FROM sessions s WHERE s.token_hash = likely(@token_hash)`,
      {
        token_hash,
      },
    ),
  // The session that made way is in the cache.
  tags: ({ user_id }) => accountTags(user_id),
});

/** Of its owner alone: another's does not exist. */
const remove: Command<{ readonly id: number; readonly user: number }> = command({
  name: "sessions.delete",
  input: z.strictObject({ id: z.int(), user: z.int() }),
  statements: ({ id, user }) => [
    statement(
      "DELETE FROM sessions WHERE id = likely(@id) AND user_id = likely(@user)",
      { id, user },
      CHANGED,
    ),
  ],
  tags: ({ user }) => accountTags(user),
});

const removeAll: Command<{ readonly user: number }> = command({
  name: "sessions.delete_all",
  input: z.strictObject({ user: z.int() }),
  statements: ({ user }) => [endSessions(user, null)],
  audit: { object: ({ user }) => `users:${user}` },
  tags: ({ user }) => accountTags(user),
});

export interface Touch {
  readonly id: number;
  readonly now: string;
}

/** When it was last used; the look-up in the cache stays, so no tag is touched. */
const touch: Command<Touch> = command({
  name: "sessions.touch",
  input: z.strictObject({ id: z.int(), now: z.string() }),
  statements: (input) => [
    statement(
      "UPDATE sessions SET last_seen_at = @now WHERE id = likely(@id) AND last_seen_at < likely(@now)",
      {
        ...input,
      },
    ),
  ],
  audit: "none",
  tags: () => [],
});

/** Drops what has ended: sessions by age or idleness, links, keys that expired a month ago. */
const sweep: Command<{ readonly now: string; readonly idle_since: string; readonly month_ago: string }> =
  command({
    name: "sessions.sweep",
    input: z.strictObject({ now: z.string(), idle_since: z.string(), month_ago: z.string() }),
    statements: ({ now, idle_since, month_ago }) => [
      statement(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= likely(@now) OR last_seen_at <= likely(@idle_since) LIMIT 10000)",
        { now, idle_since },
      ),
      statement("DELETE FROM one_time_tokens WHERE expires_at <= likely(@now)", { now }),
      statement("DELETE FROM api_keys WHERE expires_at <= likely(@month_ago)", { month_ago }),
    ],
    audit: "none",
    tags: () => [],
  });

export const SESSION_COMMANDS = { create, remove, removeAll, touch, sweep };
