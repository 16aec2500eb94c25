import { z } from "zod";
import { decodeCursor, type PageParams, pageOf } from "../../../engine/reads/page.ts";
import { QUERIES, type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { idText, pageParameters } from "../../../http/fields.ts";

export const USER_JSON = `json_object('id', u.id, 'email', u.email,
  'email_verified', json(iif(u.email_verified_at IS NULL, 'false', 'true')), 'name', u.name, 'role', u.role,
  'status', u.status, 'customer_id', u.customer_id, 'created_at', u.created_at, 'updated_at', u.updated_at)`;
export const USER_ETAG = `'"u' || u.id || '-' || u.version || '"'`;

export const USER_READ: Read<{ readonly id: number }> = read({
  name: "users.get",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `SELECT ${USER_JSON}, ${USER_ETAG}, NULL FROM users u WHERE u.id = likely(@id) AND u.status <> 'deleted'`,
    params: { id },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`accounts:${id}`, `users:${id}`], joins: ["accounts"] },
});

export type UserListParams = PageParams;

export const USERS_READ: Read<UserListParams> = read({
  name: "users.list",
  lane: "point",
  params: z.strictObject({
    ...pageParameters("id"),
  }) as unknown as z.ZodType<UserListParams>,
  statement: (params) => ({
    sql: pageOf(`
      SELECT ${USER_JSON} AS item, u.id AS sort_key, u.id AS sort_id
      FROM users u WHERE u.id > likely(@after_id) AND u.status <> 'deleted' ORDER BY u.id LIMIT @limit + 1`),
    params: { limit: params.limit, sort: params.sort, after_id: decodeCursor(params)?.[1] ?? 0 },
  }),
  // A play creates its listener as a user without touching a tag.
  cache: UNCACHED,
});

/** The data that a login compares: `{"id", "password"}` of the active account with this address. Never cached. */
export const LOGIN_READ: Read<{ readonly email_key: string }> = read({
  name: "users.login",
  lane: "point",
  params: z.strictObject({ email_key: z.string() }),
  statement: ({ email_key }) => ({
    sql: `SELECT json_object('id', u.id, 'password', u.password, 'email', u.email), '', NULL
      FROM users u WHERE u.email_key = likely(@email_key) AND u.status = 'active'`,
    params: { email_key },
  }),
  cache: UNCACHED,
});

/** The same by number, for a logged-in user who confirms the password. */
export const PASSWORD_READ: Read<{ readonly id: number }> = read({
  name: "users.password",
  lane: "point",
  params: z.strictObject({ id: z.int() }),
  statement: ({ id }) => ({
    sql: `SELECT json_object('id', u.id, 'password', u.password, 'email', u.email), '', NULL
      FROM users u WHERE u.id = likely(@id) AND u.status = 'active'`,
    params: { id },
  }),
  cache: UNCACHED,
});

/** Of users: an admin that somebody can log in as. */
export const ADMIN = "(role = 'admin' AND status = 'active' AND email_key IS NOT NULL)";

/** Whether the server has an admin: `{"admins": 0}` waits for its first. */
export const ADMINS_SQL = `SELECT json_object('admins', count(*)) AS body, '' AS etag, NULL FROM users WHERE ${ADMIN}`;

export const ACCOUNT_READS = { USER_READ, USERS_READ, LOGIN_READ, PASSWORD_READ };
