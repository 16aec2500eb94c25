import { z } from "zod";
import { type Read, read, UNCACHED } from "../../../engine/reads/read.ts";

/** Whose an account at a provider is, or else who has the address that the provider verified. */
export const PERSON_READ: Read<{
  readonly provider: string;
  readonly subject: string;
  readonly email_key: string;
}> = read({
  name: "identities.resolve",
  lane: "point",
  params: z.strictObject({ provider: z.string(), subject: z.string(), email_key: z.string() }),
  statement: (params) => ({
    sql: `SELECT json_object(
        'linked', json((SELECT json_object('user', u.id, 'status', u.status) FROM identities i
          JOIN users u ON u.id = i.user_id WHERE i.provider = likely(@provider) AND i.subject = likely(@subject))),
        'same_address', json((SELECT json_object('user', u.id, 'status', u.status,
            'verified', json(iif(u.email_verified_at IS NULL, 'false', 'true')))
          FROM users u WHERE u.email_key = likely(@email_key)))), '', NULL`,
    params,
  }),
  cache: UNCACHED,
});

export interface Found {
  readonly linked: { readonly user: number; readonly status: string } | null;
  readonly same_address: {
    readonly user: number;
    readonly status: string;
    readonly verified: boolean;
  } | null;
}

export const IDENTITIES_READ: Read<{ readonly user: number }> = read({
  name: "identities.list",
  lane: "point",
  params: z.strictObject({ user: z.int() }),
  statement: ({ user }) => ({
    sql: `SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (
        SELECT json_object('provider', i.provider, 'created_at', i.created_at) AS item FROM identities i
        WHERE i.user_id = likely(@user) ORDER BY i.provider))), 'next', NULL), '', NULL`,
    params: { user },
  }),
  cache: UNCACHED,
});
