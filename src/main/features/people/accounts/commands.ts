import { z } from "zod";
import type { Guard, Param, Statement } from "../../../../shared/protocol.ts";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED_IF_MATCHED, FOUND } from "../../../engine/commands/guards.ts";
import { idText } from "../../../http/fields.ts";
import { accountTags } from "../credentials.ts";
import type { Role } from "../roles.ts";
import { ADMIN, ADMINS_SQL, USER_ETAG, USER_JSON } from "./reads.ts";

/** Below it are the listeners of loaded catalogues: see the migration. */
export const FIRST_ACCOUNT = 1_000_001;
/** Above it a number was a client's invention; the next account does not follow on it. */
const LAST_ACCOUNT = 1_000_000_000_000;

/** Of what shows names of people. */
const PEOPLE = "people";
const ACTIVE = "status <> 'deleted'";
export const userAnswer = (id: number): Statement =>
  statement(`SELECT ${USER_JSON} AS body, ${USER_ETAG} AS etag FROM users u WHERE u.id = likely(@id)`, {
    id,
  });
const state = ({ id }: { readonly id: number }): Statement =>
  statement(`SELECT ${USER_JSON} FROM users u WHERE u.id = likely(@id) AND ${ACTIVE}`, { id });
export const object = ({ id }: { readonly id: number }): string => `users:${id}`;
export const present = (id: number): Statement =>
  statement(`SELECT 1 FROM users WHERE id = likely(@id) AND ${ACTIVE}`, { id }, FOUND);

const ADDRESS_FREE: Guard = {
  must: "find_none",
  otherwise: { code: "already_exists", detail: "there is an account with this address" },
};

/** @param id the account's own: an address may be written in another way. */
const addressFree = (email_key: string, id: number): Statement =>
  statement(
    "SELECT '/email', 'is in use' FROM users WHERE email_key = likely(@email_key) AND id <> likely(@id)",
    { email_key, id },
    ADDRESS_FREE,
  );

export interface NewAccount {
  readonly email: string;
  readonly email_key: string;
  readonly name: string | null;
  readonly role: Role;
  /** A PHC string; null where a password cannot be used (OpenID Connect) or is still to be chosen. */
  readonly password: string | null;
  readonly verified: boolean;
}

const newAccount = z.strictObject({
  email: z.string(),
  email_key: z.string(),
  name: z.string().nullable(),
  role: z.enum(["listener", "editor", "admin"]),
  password: z.string().nullable(),
  verified: z.boolean(),
}) as z.ZodType<NewAccount>;

/** The account with this address. */
export const accountAnswer = (email_key: string): Statement =>
  statement(
    `SELECT ${USER_JSON} AS body, ${USER_ETAG} AS etag FROM users u WHERE u.email_key = likely(@email_key)`,
    { email_key },
  );

/** One statement for each account, wherever it is made. */
export const insertAccount = ({ verified, ...columns }: NewAccount, now: string): Statement[] => [
  addressFree(columns.email_key, 0),
  statement(
    `INSERT INTO users (id, email, email_key, email_verified_at, name, role, password, created_at, updated_at)
     SELECT max(coalesce(max(id), 0) + 1, ${FIRST_ACCOUNT}), @email, @email_key, @verified_at, @name, @role,
       @password, @now, @now
     FROM users WHERE id < ${LAST_ACCOUNT}`,
    { ...columns, verified_at: verified ? now : null, now },
  ),
  ...(columns.role === "admin" ? [endSetup] : []),
];

/** The link of a first start is for a server without an admin. */
const endSetup: Statement = statement("DELETE FROM one_time_tokens WHERE purpose = 'setup'", {});

const create: Command<NewAccount> = command({
  name: "users.create",
  input: newAccount,
  statements: (account, { now }) => insertAccount(account, now),
  answer: ({ email_key }) => accountAnswer(email_key),
  tags: () => ["accounts"],
});

/** Not more than columns of `users`; undefined leaves one as it is. */
export interface AccountChange {
  readonly id: number;
  readonly set: Readonly<Record<string, Param>>;
  /** Also where it leaves no admin: for the machine's operator, who can make another. */
  readonly evenLast?: boolean | undefined;
}

const ANOTHER_ADMIN: Guard = {
  must: "find_none",
  otherwise: { code: "in_use", detail: "it is the last admin: make another first" },
};

/** Refuses if this is the last admin. */
export const notLastAdmin = (id: number): Statement =>
  statement(
    `SELECT '', 'is the last admin' FROM users WHERE id = likely(@id) AND ${ADMIN}
       AND NOT EXISTS (SELECT 1 FROM users WHERE id <> likely(@id) AND ${ADMIN})`,
    { id },
    ANOTHER_ADMIN,
  );

const unmakesAdmin = ({ role, status }: AccountChange["set"]): boolean =>
  (role !== undefined && role !== "admin") || status === "disabled";

const change: Command<AccountChange> = command({
  name: "users.patch",
  input: z.strictObject({
    id: idText,
    set: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
    evenLast: z.boolean().optional(),
  }) as unknown as z.ZodType<AccountChange>,
  statements: ({ id, set, evenLast = false }, { now, ifMatch }) => {
    const sets = Object.keys(set).map((column) => `${column} = @${column}`);
    const free = typeof set.email_key === "string" ? [addressFree(set.email_key, id)] : [];
    return [
      present(id),
      ...(unmakesAdmin(set) && !evenLast ? [notLastAdmin(id)] : []),
      ...(set.role === "admin" ? [endSetup] : []),
      ...free,
      ...(set.customer_id == null ? [] : [customerKnown(set.customer_id as number)]),
      statement(
        `UPDATE users AS u SET ${sets.join(", ")}, version = version + 1, updated_at = @now WHERE u.id = likely(@id)
         AND (@if_match IS NULL OR ${USER_ETAG} IN (SELECT value FROM json_each(@if_match)))`,
        { ...set, id, now, if_match: ifMatch },
        CHANGED_IF_MATCHED,
      ),
      ...(set.status === "disabled" ? [endSessions(id, null)] : []),
      // They were sent to the address before.
      ...(set.status === "disabled" || set.email_key !== undefined ? [endLinks(id)] : []),
    ];
  },
  answer: ({ id }) => userAnswer(id),
  audit: { object, state },
  tags: ({ id }) => [...accountTags(id), PEOPLE],
});

const customerKnown = (id: number): Statement =>
  statement(
    "SELECT '/customer_id', 'there is nothing with this id' WHERE NOT EXISTS (SELECT 1 FROM customers WHERE id = likely(@customer_id))",
    { customer_id: id },
    { must: "find_none", otherwise: { code: "reference_unknown" } },
  );

/** Of the user, but for one that may stay. */
export const endSessions = (user: number, but: number | null): Statement =>
  statement("DELETE FROM sessions WHERE user_id = likely(@user) AND id IS NOT likely(@but)", { user, but });

const endLinks = (user: number): Statement =>
  statement("DELETE FROM one_time_tokens WHERE user_id = likely(@user)", { user });

export interface NewPassword {
  readonly id: number;
  readonly password: string;
  /** The session that it was changed in, which stays; null ends all. */
  readonly keep: number | null;
}

/** A new password ends the other sessions, and links that were sent. */
const setPassword: Command<NewPassword> = command({
  name: "users.password",
  input: z.strictObject({ id: z.int(), password: z.string(), keep: z.int().nullable() }),
  statements: ({ id, password, keep }, { now }) => [
    present(id),
    statement(
      "UPDATE users SET password = @password, version = version + 1, updated_at = @now WHERE id = likely(@id)",
      { id, password, now },
    ),
    endSessions(id, keep),
    endLinks(id),
  ],
  tags: ({ id }) => accountTags(id),
});

/** The same password, hashed with more: nothing else changes, and nobody did it. */
const rehash: Command<{ readonly id: number; readonly password: string; readonly before: string }> = command({
  name: "users.rehash",
  input: z.strictObject({ id: z.int(), password: z.string(), before: z.string() }),
  statements: (input) => [
    statement("UPDATE users SET password = @password WHERE id = likely(@id) AND password = likely(@before)", {
      ...input,
    }),
  ],
  audit: "none",
  tags: () => [],
});

const countAdmins: Command<Record<string, never>> = command({
  name: "users.admins",
  input: z.strictObject({}),
  statements: () => [],
  answer: () => statement(ADMINS_SQL, {}),
  audit: "none",
  tags: () => [],
});

/** For `chinook user list` without a server. */
const list: Command<Record<string, never>> = command({
  name: "users.list_all",
  input: z.strictObject({}),
  statements: () => [],
  answer: () =>
    statement(
      `SELECT json_object('data', json_group_array(json(item))) AS body, NULL AS etag FROM (
         SELECT ${USER_JSON} AS item FROM users u WHERE u.email_key IS NOT NULL ORDER BY u.id LIMIT 10000)`,
      {},
    ),
  audit: "none",
  tags: () => [],
});

export const ACCOUNT_COMMANDS = { create, change, setPassword, rehash, countAdmins, list };
