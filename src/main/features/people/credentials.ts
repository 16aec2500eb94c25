import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Entry } from "../../engine/cache/cache.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import type { Principal } from "../../http/access.ts";
import { permissionsOf, type Role } from "./roles.ts";
import { digest, parseToken } from "./tokens.ts";

/** Seconds for which a look-up is cached: as long, at the most, as what was last seen may lag. */
const LOOK_UP_LIFETIME = 60;
/** Milliseconds between two writes of when a session or key was last used. */
const TOUCH_MS = 60_000;

/**
 * What a write to an account touches: its credentials' look-ups are dropped from the cache with the write's answer,
 * and no later request joins a look-up that began before it.
 */
export const accountTags = (id: number): string[] => [`accounts:${id}`, "accounts"];

const LOOK_UP = {
  table: "sessions",
  lifetime: LOOK_UP_LIFETIME,
  tags: () => [],
  joins: ["accounts"],
  // All but when it was last used, which is written without a word.
  freshness: "lifetime",
} as const;

/** The row tells whose it is, so the tag comes from there. */
export const SESSION_READ: Read<{ readonly hash: string }> = read({
  name: "sessions.resolve",
  lane: "point",
  params: z.strictObject({ hash: z.string() }),
  statement: ({ hash }) => ({
    sql: `SELECT json_object('id', s.id, 'user', u.id, 'role', u.role, 'hash', s.token_hash,
        'expires_at', s.expires_at, 'used_at', s.last_seen_at), '', 'accounts:' || u.id
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE s.token_hash = likely(@hash) AND u.status = 'active'`,
    params: { hash },
  }),
  cache: LOOK_UP,
});

export const KEY_READ: Read<{ readonly id: number }> = read({
  name: "keys.resolve",
  lane: "point",
  params: z.strictObject({ id: z.int() }),
  statement: ({ id }) => ({
    sql: `SELECT json_object('id', k.id, 'user', u.id, 'role', u.role, 'hash', k.secret_hash,
        'expires_at', k.expires_at, 'used_at', k.last_used_at, 'scopes', json(k.scopes),
        'rate', k.rate_per_minute), '', 'accounts:' || u.id
      FROM api_keys k JOIN users u ON u.id = k.user_id
      WHERE k.id = likely(@id) AND u.status = 'active'`,
    params: { id },
  }),
  cache: LOOK_UP,
});

interface Row {
  readonly id: number;
  readonly user: number;
  readonly role: Role;
  readonly hash: string;
  readonly expires_at: string | null;
  readonly used_at: string | null;
  readonly scopes?: readonly string[];
  readonly rate?: number | null;
}

/** A session or key that was found. Times are milliseconds since the epoch. */
export interface Credential {
  readonly kind: "session" | "key";
  readonly id: number;
  readonly principal: Principal;
  readonly hash: Buffer;
  readonly expiresAt: number;
  /** Requests a minute of a key with a rate of its own. */
  readonly rate: number | null;
  usedAt: number;
}

export interface CredentialsOptions {
  readonly answers: Answers;
  /** Milliseconds after which a session that is not used ends. */
  readonly idleMs: number;
  /** Notes that it is used; at most once a minute each. */
  readonly onUsed: (credential: Credential, now: number) => void;
}

type Found = Credential | undefined;

/**
 * Makes of a token what it stands for: from the cache in one synchronous step, where it was seen of late. The cache
 * is the server's own (the hot tier, and `cache_sessions` behind it), so it is bounded and coherent: logging out,
 * revoking, disabling and a new password take effect with their answer.
 *
 * Sessions are found by their token's digest. Keys are found by id, and digests compared in constant time, so that
 * guesses fill no cache.
 */
export class Credentials {
  readonly #options: CredentialsOptions;
  /** Made once for each cached look-up. */
  readonly #made = new WeakMap<Entry, Credential>();

  constructor(options: CredentialsOptions) {
    this.#options = options;
  }

  /** Undefined: it is none, or no longer. */
  resolve(token: string): Found | Promise<Found> {
    const parsed = parseToken(token);
    if (parsed === undefined || parsed.kind === "link") return undefined;
    if (parsed.kind === "key") return this.#lookUp("key", KEY_READ, { id: parsed.id }, digest(parsed.secret));
    const hash = digest(parsed.text);
    return this.#lookUp("session", SESSION_READ, { hash }, hash);
  }

  #lookUp<P>(kind: Credential["kind"], read: Read<P>, params: P, hash: string): Found | Promise<Found> {
    const { answers } = this.#options;
    const key = Answers.key(read, params);
    const cached = answers.cached(read, key);
    if (cached !== undefined) return this.#judge(kind, cached, hash);
    return answers
      .fetch(read, params, key)
      .then((found) => found?.entry && this.#judge(kind, found.entry, hash));
  }

  #judge(kind: Credential["kind"], entry: Entry, hash: string): Found {
    const credential = this.#credentialOf(kind, entry);
    const now = Date.now();
    if (!timingSafeEqual(credential.hash, Buffer.from(hash, "hex"))) return undefined;
    if (credential.expiresAt <= now) return undefined;
    if (kind === "session" && credential.usedAt + this.#options.idleMs <= now) return undefined;
    if (credential.usedAt + TOUCH_MS <= now) this.#touch(credential, now);
    return credential;
  }

  #touch(credential: Credential, now: number): void {
    credential.usedAt = now;
    this.#options.onUsed(credential, now);
  }

  #credentialOf(kind: Credential["kind"], entry: Entry): Credential {
    const known = this.#made.get(entry);
    if (known !== undefined) return known;
    const made = credentialOf(kind, JSON.parse(entry.body) as Row);
    this.#made.set(entry, made);
    return made;
  }
}

const timeOf = (text: string | null, otherwise: number): number =>
  text === null ? otherwise : Date.parse(text);

function credentialOf(kind: Credential["kind"], row: Row): Credential {
  return {
    kind,
    id: row.id,
    principal: Object.freeze({
      id: `user:${row.user}`,
      user: row.user,
      credential: `${kind}:${row.id}`,
      permissions: permissionsOf(row.role, row.scopes),
    }),
    hash: Buffer.from(row.hash, "hex"),
    expiresAt: timeOf(row.expires_at, Number.POSITIVE_INFINITY),
    rate: row.rate ?? null,
    usedAt: timeOf(row.used_at, 0),
  };
}
