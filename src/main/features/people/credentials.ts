import { timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type { Cache, Entry, Moment } from "../../engine/cache/cache.ts";
import { steadyNow } from "../../engine/clock.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { type Read, read } from "../../engine/reads/read.ts";
import type { Principal } from "../../http/access.ts";
import { permissionsOf, type Role } from "./roles.ts";
import { digest, parseToken } from "./tokens.ts";

/** Seconds for which a look-up is cached: as long, at the most, as what was last seen may lag. */
const LOOK_UP_LIFETIME = 60;
/** Milliseconds between two writes of when a session or key was last used. */
const TOUCH_MS = 60_000;
/** Tokens that are remembered, some 400 bytes each. When there are as many, all are forgotten. */
const MOST_KNOWN = 8_192;

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

/** A token, and what it stood for when it was last looked up. */
interface Known {
  readonly credential: Credential;
  readonly tags: readonly string[];
  /** Until then, in milliseconds since the epoch, nothing but a write ends it, and its use need not be noted. */
  readonly until: number;
  /** No write touched the account up to here. */
  checked: Moment;
}

export interface CredentialsOptions {
  readonly answers: Answers;
  readonly cache: Pick<Cache, "moment" | "movedSince">;
  /** Milliseconds after which a session that is not used ends. */
  readonly idleMs: number;
  /** Notes that it is used; at most once a minute each. */
  readonly onUsed: (credential: Credential, now: number) => void;
}

type Found = Credential | undefined;

/** What a request came with. */
interface Shown {
  readonly token: string;
  readonly kind: Credential["kind"];
  /** Of what is secret in it. */
  readonly hash: string;
}

/**
 * Makes of a token what it stands for, in one synchronous step where it was seen in the last minute. A token that
 * was found is remembered as it is, so its next request costs one look-up in a map: no checksum, no digest. Behind
 * that is the server's cache (the hot tier, then `cache_sessions`), then the database.
 *
 * All of it is bounded, and coherent: what is remembered is judged by the versions of the cache's tags, so logging
 * out, revoking, disabling and a new password take effect with their answer.
 *
 * Sessions are found by their token's digest. Keys are found by id, and digests compared in constant time, so that
 * guesses fill no cache. Only valid tokens are remembered.
 */
export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #touchMs: number;
  #known = new Map<string, Known>();
  /** Made once for each cached look-up. */
  readonly #made = new WeakMap<Entry, Credential>();

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#touchMs = Math.min(TOUCH_MS, options.idleMs / 2);
  }

  /** Undefined: it is none, or no longer. */
  resolve(token: string): Found | Promise<Found> {
    const known = this.#known.get(token);
    if (known !== undefined && this.#holds(known)) return known.credential;
    const parsed = parseToken(token);
    if (parsed === undefined || parsed.kind === "link") return undefined;
    if (parsed.kind === "key") {
      return this.#lookUp({ token, kind: "key", hash: digest(parsed.secret) }, KEY_READ, { id: parsed.id });
    }
    const hash = digest(parsed.text);
    return this.#lookUp({ token, kind: "session", hash }, SESSION_READ, { hash });
  }

  #holds(known: Known): boolean {
    const { cache } = this.#options;
    if (known.until <= Date.now()) return false;
    if (known.checked === cache.moment) return true;
    if (cache.movedSince(known.checked, known.tags)) return false;
    known.checked = cache.moment;
    return true;
  }

  #lookUp<P>(shown: Shown, read: Read<P>, params: P): Found | Promise<Found> {
    const { answers, cache } = this.#options;
    const key = Answers.key(read, params);
    const began = cache.moment;
    const cached = answers.cached(read, key);
    if (cached !== undefined) return this.#found(shown, cached, began);
    return answers
      .fetch(read, params, key)
      .then((found) => found?.entry && this.#found(shown, found.entry, began));
  }

  /** @param began before the look-up: what was written since is not in it. */
  #found({ token, kind, hash }: Shown, entry: Entry, began: Moment): Found {
    const credential = this.#credentialOf(kind, entry);
    if (!timingSafeEqual(credential.hash, Buffer.from(hash, "hex"))) return undefined;
    const now = Date.now();
    if (credential.expiresAt <= now) return undefined;
    if (kind === "session" && credential.usedAt + this.#options.idleMs <= now) return undefined;
    if (credential.usedAt + this.#touchMs <= now) this.#touch(credential, now);
    const ends = now + entry.expiresAt - steadyNow();
    this.#remember(token, {
      credential,
      tags: [`accounts:${credential.principal.user}`],
      until: Math.min(ends, credential.expiresAt, credential.usedAt + this.#touchMs),
      checked: began,
    });
    return credential;
  }

  #remember(token: string, known: Known): void {
    if (this.#known.size >= MOST_KNOWN) this.#known = new Map();
    this.#known.set(token, known);
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
