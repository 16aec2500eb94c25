import { z } from "zod";
import type { Guard, Statement } from "../../../../shared/protocol.ts";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { endSessions, insertAccount, type NewAccount, userAnswer } from "../accounts/commands.ts";
import { accountTags } from "../credentials.ts";

/** Seconds for which a link is valid. */
export const LINK_LIFETIME = { reset: 3_600, verify: 3 * 86_400, setup: 86_400 } as const;
export type Purpose = keyof typeof LINK_LIFETIME;

export interface NewLink {
  readonly token_hash: string;
  readonly purpose: Purpose;
  readonly user_id: number | null;
  readonly email: string | null;
}

/** A new link replaces earlier ones for the same purpose. */
const create: Command<NewLink> = command({
  name: "links.create",
  input: z.strictObject({
    token_hash: z.string(),
    purpose: z.enum(["reset", "verify", "setup"]),
    user_id: z.int().nullable(),
    email: z.string().nullable(),
  }),
  statements: (link, { now }) => [
    statement(
      "DELETE FROM one_time_tokens WHERE purpose = likely(@purpose) AND user_id IS likely(@user_id)",
      {
        purpose: link.purpose,
        user_id: link.user_id,
      },
    ),
    statement(
      `INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, expires_at)
       VALUES (@token_hash, @purpose, @user_id, @email, @expires_at)`,
      { ...link, expires_at: new Date(Date.parse(now) + LINK_LIFETIME[link.purpose] * 1_000).toISOString() },
    ),
  ],
  audit: { object: ({ user_id }) => (user_id === null ? "links" : `users:${user_id}`) },
  tags: () => [],
});

const VALID: Guard = { must: "find", otherwise: { code: "link_invalid" } };

/** Checked in the transaction that uses it, so that it works only once. */
const valid = (token_hash: string, purpose: Purpose, now: string, user: number | null): Statement =>
  statement(
    `SELECT 1 FROM one_time_tokens WHERE token_hash = likely(@token_hash) AND purpose = likely(@purpose)
       AND expires_at > likely(@now) AND user_id IS likely(@user)`,
    { token_hash, purpose, now, user },
    VALID,
  );

const use = (token_hash: string): Statement =>
  statement("DELETE FROM one_time_tokens WHERE token_hash = likely(@token_hash)", { token_hash });

/** The link's user. Read first, because a command's tags must be known before it runs. `{"user"}` or nothing. */
const owner: Command<{ readonly token_hash: string; readonly purpose: Purpose }> = command({
  name: "links.owner",
  input: z.custom<{ token_hash: string; purpose: Purpose }>(),
  statements: () => [],
  answer: ({ token_hash, purpose }) =>
    statement(
      `SELECT json_object('user', user_id) AS body, NULL AS etag FROM one_time_tokens
       WHERE token_hash = likely(@token_hash) AND purpose = likely(@purpose)`,
      { token_hash, purpose },
    ),
  audit: "none",
  tags: () => [],
});

interface UsedLink {
  readonly token_hash: string;
  readonly user: number;
}

/** Whoever reads the address's mail owns it, so the address counts as verified. */
const resetPassword: Command<UsedLink & { readonly password: string }> = command({
  name: "links.reset",
  input: z.strictObject({ token_hash: z.string(), user: z.int(), password: z.string() }),
  statements: ({ token_hash, user, password }, { now }) => [
    valid(token_hash, "reset", now, user),
    statement(
      `UPDATE users SET password = @password, version = version + 1, updated_at = @now,
         email_verified_at = iif((SELECT email FROM one_time_tokens WHERE token_hash = likely(@token_hash)) = email,
           coalesce(email_verified_at, @now), email_verified_at)
       WHERE id = likely(@user) AND status = 'active'`,
      { user, password, now, token_hash },
      { must: "change", otherwise: { code: "link_invalid" } },
    ),
    endSessions(user, null),
    statement("DELETE FROM one_time_tokens WHERE user_id = likely(@user)", { user }),
  ],
  audit: { object: ({ user }) => `users:${user}` },
  tags: ({ user }) => accountTags(user),
});

const verifyEmail: Command<UsedLink> = command({
  name: "links.verify",
  input: z.strictObject({ token_hash: z.string(), user: z.int() }),
  statements: ({ token_hash, user }, { now }) => [
    valid(token_hash, "verify", now, user),
    statement(
      `UPDATE users SET email_verified_at = @now, version = version + 1, updated_at = @now
       WHERE id = likely(@user) AND status = 'active'
         AND email = (SELECT email FROM one_time_tokens WHERE token_hash = likely(@token_hash))`,
      { user, now, token_hash },
      { must: "change", otherwise: { code: "link_invalid" } },
    ),
    use(token_hash),
  ],
  answer: ({ user }) => userAnswer(user),
  audit: { object: ({ user }) => `users:${user}` },
  tags: ({ user }) => accountTags(user),
});

/** Creates the first admin: every admin that is made ends the link. */
const setUp: Command<{ readonly token_hash: string; readonly account: NewAccount }> = command({
  name: "links.setup",
  input: z.custom<{ token_hash: string; account: NewAccount }>(),
  statements: ({ token_hash, account }, { now }) => [
    valid(token_hash, "setup", now, null),
    ...insertAccount(account, now),
  ],
  answer: ({ account }) =>
    statement(
      "SELECT json_object('id', id) AS body, NULL AS etag FROM users WHERE email_key = likely(@email_key)",
      { email_key: account.email_key },
    ),
  audit: { object: () => "links" },
  tags: () => ["accounts"],
});

export const LINK_COMMANDS = { create, owner, resetPassword, verifyEmail, setUp };
