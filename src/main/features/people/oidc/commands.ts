import { z } from "zod";
import type { Guard, Statement } from "../../../../shared/protocol.ts";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED } from "../../../engine/commands/guards.ts";
import { accountAnswer, insertAccount, type NewAccount } from "../accounts/commands.ts";
import { accountTags } from "../credentials.ts";

/** An account at a provider. */
export interface Identity {
  readonly provider: string;
  readonly subject: string;
}

const object = ({ user }: { readonly user: number }): string => `users:${user}`;
const linked = ({ user }: { readonly user: number }): Statement =>
  statement(
    `SELECT json_object('providers', group_concat(provider, ' ' ORDER BY provider)) FROM identities
     WHERE user_id = likely(@user)`,
    { user },
  );

const insertIdentity = (identity: Identity, user: string, params: object, now: string): Statement =>
  statement(
    `INSERT INTO identities (provider, subject, user_id, created_at)
     SELECT @provider, @subject, id, @now FROM users WHERE ${user}`,
    { ...identity, ...params, now },
  );

const LINKED: Guard = {
  must: "change",
  otherwise: { code: "oidc_failed", detail: "there is no such account any more" },
};

export interface Link extends Identity {
  readonly user: number;
  /** Verified by the provider: the account's own must be the same, and verified too. Null for who is logged in. */
  readonly email_key: string | null;
}

/** One account of each provider, and each of one user alone. */
const link: Command<Link> = command({
  name: "identities.link",
  input: z.strictObject({
    provider: z.string(),
    subject: z.string(),
    user: z.int(),
    email_key: z.string().nullable(),
  }),
  statements: ({ user, email_key, ...identity }, { now }) => [
    statement(
      `SELECT '', 'is linked already' FROM identities WHERE provider = likely(@provider)
         AND (subject = likely(@subject) OR user_id = likely(@user))`,
      { ...identity, user },
      {
        must: "find_none",
        otherwise: { code: "already_exists", detail: "this account of the provider, or another, is linked" },
      },
    ),
    {
      ...insertIdentity(
        identity,
        `id = likely(@user) AND status = 'active'
           AND (@email_key IS NULL OR (email_key = likely(@email_key) AND email_verified_at IS NOT NULL))`,
        { user, email_key },
        now,
      ),
      guard: LINKED,
    },
  ],
  audit: { object, state: linked },
  tags: ({ user }) => accountTags(user),
});

/** Who never was here: an account without a password, with the address that the provider verified. */
const register: Command<Identity & { readonly account: NewAccount }> = command({
  name: "users.register",
  input: z.custom<Identity & { account: NewAccount }>(),
  statements: ({ account, provider, subject }, { now }) => [
    ...insertAccount(account, now),
    insertIdentity(
      { provider, subject },
      "email_key = likely(@email_key)",
      { email_key: account.email_key },
      now,
    ),
  ],
  answer: ({ account }) => accountAnswer(account.email_key),
  tags: () => ["accounts"],
});

/** Not the last way in. */
const unlink: Command<{ readonly provider: string; readonly user: number }> = command({
  name: "identities.unlink",
  input: z.strictObject({ provider: z.string(), user: z.int() }),
  statements: (input) => [
    statement(
      `SELECT 1 FROM users WHERE id = likely(@user) AND (password IS NOT NULL OR EXISTS
         (SELECT 1 FROM identities WHERE user_id = likely(@user) AND provider <> likely(@provider)))`,
      { ...input },
      {
        must: "find",
        otherwise: { code: "in_use", detail: "it is the only way to log in: choose a password first" },
      },
    ),
    statement(
      "DELETE FROM identities WHERE provider = likely(@provider) AND user_id = likely(@user)",
      { ...input },
      CHANGED,
    ),
  ],
  audit: { object, state: linked },
  tags: ({ user }) => accountTags(user),
});

export const IDENTITY_COMMANDS = { link, register, unlink };
