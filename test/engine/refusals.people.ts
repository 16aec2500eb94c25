import fc from "fast-check";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { Inputs } from "./refusals.calls.ts";

/** Calls of the commands about people, and the rows that they are about. */

const LATER = "2099-01-01T00:00:00.000Z";
const EARLIER = "2020-01-01T00:00:00.000Z";
const ACTOR = { principal: "operator", credential: null, address: null, requestId: null };

/** Users 1 to 3 have accounts; 2 is the only admin, 3 is disabled. A key and a session each of 1 and 2; links of 1, one of them too old. */
export function addPeople(db: Connection): void {
  db.exec(`
    INSERT OR IGNORE INTO users (id, created_at, updated_at) VALUES (1, '', ''), (2, '', ''), (3, '', '');
    UPDATE users SET email = 'u' || id || '@example.com', email_key = 'u' || id || '@example.com', password = 'old',
      status = iif(id = 3, 'disabled', 'active'), role = iif(id = 2, 'admin', 'listener') WHERE id IN (1, 2, 3);
    INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at)
    VALUES (1, 1, 'h1', '', '2026-01-01', '${LATER}'), (2, 2, 'h2', '', '2026-01-01', '${LATER}');
    INSERT INTO api_keys (id, user_id, name, secret_hash, scopes, created_at)
    VALUES (1, 1, 'k', 'h', '[]', ''), (2, 2, 'k', 'h', '[]', '');
    INSERT INTO one_time_tokens (token_hash, purpose, user_id, email, expires_at) VALUES
      ('reset', 'reset', 1, 'u1@example.com', '${LATER}'), ('late', 'reset', 1, 'u1@example.com', '${EARLIER}'),
      ('verify', 'verify', 1, 'u1@example.com', '${LATER}'), ('setup', 'setup', NULL, NULL, '${LATER}');
    INSERT INTO identities (provider, subject, user_id, created_at) VALUES ('a', 's1', 1, ''), ('b', 's2', 2, '');
    UPDATE users SET email_verified_at = '' WHERE id = 1;
    UPDATE users SET password = NULL WHERE id = 2;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
    INSERT INTO api_keys (user_id, name, secret_hash, scopes, created_at) SELECT 3, 'k', 'h', '[]', '' FROM n`);
}

const only = (input: fc.Arbitrary<unknown>): Inputs => fc.record({ input });
const nothing: Inputs = fc.constant({ input: {} });
const id = fc.constantFrom(1, 2, 3, 999);
const address = fc.constantFrom("u1@example.com", "u2@example.com", "new@example.com", "other@example.com");
const ifMatch = fc.constantFrom(undefined, "current" as const, "outdated" as const);

const account = address.map((email) => ({
  ...{ email, email_key: email, name: null, role: "listener", password: "p", verified: false },
}));
const change = fc.constantFrom<Record<string, unknown>>(
  { name: "Ada" },
  { status: "disabled" },
  { role: "editor" },
  { role: "admin" },
  { customer_id: 999 },
  { email: "new@example.com", email_key: "new@example.com" },
  { email: "u2@example.com", email_key: "u2@example.com" },
);
const provider = fc.constantFrom("a", "b");
const subject = fc.constantFrom("s1", "s2", "new");
const hash = fc.constantFrom("reset", "late", "verify", "setup", "none");
let made = 0;

export const PEOPLE_INPUTS: Readonly<Record<string, Inputs>> = {
  "users.create": only(account),
  "users.patch": fc.record({ input: fc.record({ id, set: change }), ifMatch }),
  "users.password": only(fc.record({ id, password: fc.constant("new"), keep: fc.constantFrom(null, 1) })),
  "users.rehash": only(fc.record({ id, password: fc.constant("new"), before: fc.constantFrom("old", "x") })),
  "users.delete": fc.record({ input: fc.record({ id }), ifMatch }),
  "users.register": only(fc.record({ provider, subject, account })),
  "identities.link": only(
    fc.record({
      provider,
      subject,
      user: id,
      email_key: fc.constantFrom(null, "u1@example.com", "u2@example.com"),
    }),
  ),
  "identities.unlink": only(fc.record({ provider, user: id })),
  "users.admins": nothing,
  "users.list_all": nothing,
  "users.operators_account": nothing,
  "users.find": only(address.map((email_key) => ({ email_key }))),
  "sessions.create": only(
    id.map((user_id) => ({
      user_id,
      token_hash: `s${++made}`,
      device: null,
      address: null,
      expires_at: LATER,
    })),
  ),
  "sessions.delete": only(fc.record({ id, user: id })),
  "sessions.delete_all": only(fc.record({ user: id })),
  "sessions.touch": only(fc.record({ id, now: fc.constantFrom(EARLIER, LATER) })),
  "sessions.sweep": only(
    fc.constantFrom(EARLIER, LATER).map((now) => ({ now, idle_since: EARLIER, month_ago: EARLIER })),
  ),
  "keys.create": only(
    id.map((user) => ({
      user,
      name: "k",
      secret_hash: "h",
      scopes: [],
      rate_per_minute: null,
      expires_at: null,
    })),
  ),
  "keys.revoke": only(
    fc.record({ id, user: fc.option(id) }).map(({ id, user }) => ({ id, user, owner: user ?? id })),
  ),
  "keys.touch": only(fc.record({ id, now: fc.constantFrom(EARLIER, LATER) })),
  "keys.owner": only(fc.record({ id })),
  "keys.list_all": nothing,
  "links.create": only(
    fc
      .record({ user_id: fc.constantFrom(1, null), purpose: fc.constantFrom("reset", "verify", "setup") })
      .map((link) => ({
        ...{ ...link, token_hash: `l${++made}`, email: null },
      })),
  ),
  "links.owner": only(fc.record({ token_hash: hash, purpose: fc.constantFrom("reset", "verify") })),
  "links.reset": only(fc.record({ token_hash: hash, user: id, password: fc.constant("new") })),
  "links.verify": only(fc.record({ token_hash: hash, user: id })),
  "links.setup": only(fc.record({ token_hash: hash, account })),
  "audit.note": only(fc.constant({ actor: ACTOR, what: "access.denied", object: null, changes: null })),
  "audit.forget": only(fc.constantFrom(EARLIER, LATER).map((before) => ({ before }))),
  "audit.export": only(fc.constant({ after: 0 })),
};
