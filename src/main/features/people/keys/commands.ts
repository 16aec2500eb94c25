import { z } from "zod";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED } from "../../../engine/commands/guards.ts";
import { accountTags } from "../credentials.ts";
import type { Touch } from "../sessions/commands.ts";
import { KEY_JSON } from "./reads.ts";

const MOST_KEYS = 100;

export interface NewKey {
  readonly user: number;
  readonly name: string;
  readonly secret_hash: string;
  readonly scopes: readonly string[];
  readonly rate_per_minute: number | null;
  readonly expires_at: string | null;
}

const create: Command<NewKey> = command({
  name: "keys.create",
  input: z.strictObject({
    user: z.int(),
    name: z.string(),
    secret_hash: z.string(),
    scopes: z.array(z.string()).readonly(),
    rate_per_minute: z.int().nullable(),
    expires_at: z.string().nullable(),
  }),
  statements: ({ scopes, ...key }, { now }) => [
    statement(
      `SELECT '', 'there are ${MOST_KEYS} keys already: revoke some' FROM api_keys
       WHERE user_id = likely(@user) GROUP BY user_id HAVING count(*) >= ${MOST_KEYS}`,
      { user: key.user },
      { must: "find_none", otherwise: { code: "invalid" } },
    ),
    statement(
      `INSERT INTO api_keys (user_id, name, secret_hash, scopes, rate_per_minute, created_at, expires_at)
       SELECT id, @name, @secret_hash, @scopes, @rate_per_minute, @now, @expires_at FROM users
       WHERE id = likely(@user) AND status = 'active'`,
      { ...key, scopes: JSON.stringify(scopes), now },
      CHANGED,
    ),
  ],
  answer: () =>
    statement(
      `SELECT ${KEY_JSON} AS body, NULL AS etag FROM api_keys k WHERE k.id = last_insert_rowid()`,
      {},
    ),
  tags: () => [],
});

/** `user` null: any user's, for an operator. */
const revoke: Command<{ readonly id: number; readonly user: number | null; readonly owner: number }> =
  command({
    name: "keys.revoke",
    input: z.strictObject({ id: z.int(), user: z.int().nullable(), owner: z.int() }),
    statements: ({ id, user }) => [
      statement(
        "DELETE FROM api_keys WHERE id = likely(@id) AND (@user IS NULL OR user_id = likely(@user))",
        { id, user },
        CHANGED,
      ),
    ],
    tags: ({ owner }) => accountTags(owner),
  });

const touch: Command<Touch> = command({
  name: "keys.touch",
  input: z.strictObject({ id: z.int(), now: z.string() }),
  statements: (input) => [
    statement(
      "UPDATE api_keys SET last_used_at = @now WHERE id = likely(@id) AND (last_used_at IS NULL OR last_used_at < likely(@now))",
      { ...input },
    ),
  ],
  audit: "none",
  tags: () => [],
});

export const KEY_COMMANDS = { create, revoke, touch };
