import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Actor } from "../../engine/commands/audit.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import { PERMISSIONS } from "../../http/access.ts";
import { timestamp, toUtc } from "../../http/fields.ts";
import { ACCOUNT_COMMANDS } from "./accounts/commands.ts";
import { email, emailKey, name, password, role } from "./accounts/fields.ts";
import { AUDIT_JSON } from "./audit/reads.ts";
import { KEY_COMMANDS } from "./keys/commands.ts";
import { KEY_JSON } from "./keys/reads.ts";
import { issueLink, linkUrl } from "./links/links.ts";
import type { PasswordPool } from "./passwords/pool.ts";
import { checkPassword } from "./passwords/rules.ts";
import { digest, keyText, newSecret } from "./tokens.ts";

/**
 * What an operator does from the command line: through the running server, or on the file itself. All of it is
 * commands, so that it needs no readers.
 */
export interface OperatorContext {
  readonly commands: Commands;
  readonly passwords: PasswordPool;
  readonly actor: Actor | undefined;
  /** Where people reach the server, for links. */
  readonly origin: string;
}

interface Action<I> {
  readonly input: z.ZodType<I>;
  readonly run: (context: OperatorContext, input: I) => Promise<unknown>;
}

const action = <I>(definition: Action<I>): Action<I> => definition;

export const scopes = z
  .array(z.enum(PERMISSIONS))
  .min(1)
  .refine((names) => new Set(names).size === names.length, "must not name a scope twice")
  .meta({ uniqueItems: true });
export const ratePerMinute = z.int().min(1).max(1_000_000);

const byEmail = z.strictObject({ email });

export const OPERATOR_ACTIONS = {
  "create-user": action({
    input: z.strictObject({ email, role, name: name.nullable(), password: password.nullable() }),
    run: async (context, { email, role, name, password }) => {
      if (password !== null) checkPassword(password);
      const account = {
        ...{ email, email_key: emailKey(email), name, role, verified: true },
        password: password === null ? null : await context.passwords.hash(password),
      };
      const { body } = await context.commands.execute(ACCOUNT_COMMANDS.create, account, {
        actor: context.actor,
      });
      const user = JSON.parse(body!) as { id: number; email: string };
      return password === null ? { ...user, link: await resetLink(context, user) } : user;
    },
  }),
  "list-users": action({
    input: z.strictObject({}),
    run: async ({ commands }) => JSON.parse((await commands.execute(ACCOUNT_COMMANDS.list, {})).body!),
  }),
  "disable-user": action({
    input: byEmail,
    run: async (context, { email }) => {
      const { id } = await accountOf(context.commands, email);
      const change = { id, set: { status: "disabled" }, evenLast: true };
      const { body } = await context.commands.execute(ACCOUNT_COMMANDS.change, change, {
        actor: context.actor,
      });
      return JSON.parse(body!);
    },
  }),
  "reset-password": action({
    input: byEmail,
    run: async (context, { email }) => {
      const account = await accountOf(context.commands, email);
      return { ...account, link: await resetLink(context, account) };
    },
  }),
  "create-key": action({
    input: z.strictObject({
      email: email.nullable(),
      name,
      scopes,
      expires_at: timestamp.transform(toUtc).nullable(),
      rate_per_minute: ratePerMinute.nullable(),
    }),
    run: async (context, { email, ...key }) => {
      const owner =
        email === null ? await operatorsAccount(context) : await accountOf(context.commands, email);
      return createKey(context, { ...key, user: owner.id });
    },
  }),
  "list-keys": action({
    input: z.strictObject({}),
    run: async ({ commands }) => JSON.parse((await commands.execute(listKeys, {})).body!),
  }),
  "revoke-key": action({
    input: z.strictObject({ id: z.int().min(1) }),
    run: async ({ commands, actor }, { id }) => {
      const { body } = await commands.execute(keyOwner, { id });
      if (body === null) throw new AppError("not_found");
      const owner = (JSON.parse(body) as { user: number }).user;
      await commands.execute(KEY_COMMANDS.revoke, { id, user: null, owner }, { actor });
      return { id, revoked: true };
    },
  }),
  "export-audit": action({
    input: z.strictObject({ after: z.int().min(0) }),
    run: async ({ commands }, input) => JSON.parse((await commands.execute(exportAudit, input)).body!),
  }),
};

export type OperatorAction = keyof typeof OPERATOR_ACTIONS;

export interface KeyInput {
  readonly user: number;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly rate_per_minute: number | null;
  readonly expires_at: string | null;
}

/** The key itself is shown this once: its secret's digest is all that is kept. */
export async function createKey(
  { commands, actor }: Pick<OperatorContext, "commands" | "actor">,
  input: KeyInput,
) {
  const secret = newSecret();
  const { body } = await commands.execute(
    KEY_COMMANDS.create,
    { ...input, secret_hash: digest(secret) },
    { actor },
  );
  const key = JSON.parse(body!) as { id: number };
  return { ...key, key: keyText(key.id, secret) };
}

const resetLink = async ({ commands, actor, origin }: OperatorContext, account: Account): Promise<string> =>
  linkUrl(origin, "reset", await issueLink(commands, "reset", account, actor));

interface Account {
  readonly id: number;
  readonly email: string | null;
}

/** @throws AppError `not_found`. */
async function accountOf(commands: Commands, email: string): Promise<Account> {
  const { body } = await commands.execute(findAccount, { email_key: emailKey(email) });
  if (body === null) throw new AppError("not_found", { detail: `there is no account of ${email}` });
  return JSON.parse(body) as Account;
}

/** Owns the keys that an operator makes for no account in particular; nobody can log in as it. */
const OPERATORS_ACCOUNT = 1_000_000;

async function operatorsAccount({ commands }: OperatorContext): Promise<Account> {
  await commands.execute(ensureOperatorsAccount, {});
  return { id: OPERATORS_ACCOUNT, email: null };
}

const ensureOperatorsAccount: Command<Record<string, never>> = command({
  name: "users.operators_account",
  input: z.strictObject({}),
  statements: (_, { now }) => [
    statement(
      `INSERT INTO users (id, name, role, created_at, updated_at)
       VALUES (${OPERATORS_ACCOUNT}, 'operator', 'admin', @now, @now) ON CONFLICT DO NOTHING`,
      { now },
    ),
  ],
  audit: "none",
  tags: () => ["accounts"],
});

const findAccount: Command<{ readonly email_key: string }> = command({
  name: "users.find",
  input: z.strictObject({ email_key: z.string() }),
  statements: () => [],
  answer: ({ email_key }) =>
    statement(
      `SELECT json_object('id', id, 'email', email) AS body, NULL AS etag FROM users
       WHERE email_key = likely(@email_key)`,
      { email_key },
    ),
  audit: "none",
  tags: () => [],
});

const keyOwner: Command<{ readonly id: number }> = command({
  name: "keys.owner",
  input: z.strictObject({ id: z.int() }),
  statements: () => [],
  answer: ({ id }) =>
    statement(
      "SELECT json_object('user', user_id) AS body, NULL AS etag FROM api_keys WHERE id = likely(@id)",
      { id },
    ),
  audit: "none",
  tags: () => [],
});

const listKeys: Command<Record<string, never>> = command({
  name: "keys.list_all",
  input: z.strictObject({}),
  statements: () => [],
  answer: () =>
    statement(
      `SELECT json_object('data', json_group_array(json(item))) AS body, NULL AS etag FROM (
         SELECT ${KEY_JSON} AS item FROM api_keys k ORDER BY k.id LIMIT 10000)`,
      {},
    ),
  audit: "none",
  tags: () => [],
});

/** Entries that one step of an export reads. */
const EXPORT_STEP = 1_000;

const exportAudit: Command<{ readonly after: number }> = command({
  name: "audit.export",
  input: z.strictObject({ after: z.int() }),
  statements: () => [],
  answer: ({ after }) =>
    statement(
      `SELECT json_object('data', json_group_array(json(item))) AS body, NULL AS etag FROM (
         SELECT ${AUDIT_JSON} AS item FROM audit a WHERE a.id > likely(@after) ORDER BY a.id LIMIT ${EXPORT_STEP})`,
      { after },
    ),
  audit: "none",
  tags: () => [],
});

export const OPERATOR_COMMANDS = { ensureOperatorsAccount, findAccount, keyOwner, listKeys, exportAudit };
