import type { IncomingMessage } from "node:http";

/**
 * What a route asks of whoever calls it, declared beside its path: a route without one does not compile.
 *
 * - `open`: nothing; for probes that must always answer, and for what makes a stranger known.
 * - `own`: the user that `{id}` in the path names, holding `library`; everybody else needs `people:read`, and is
 *   told that there is nothing (404) without it.
 * - the others are permissions: what a principal must hold.
 */
export const PERMISSIONS = [
  "catalogue:read",
  "catalogue:write",
  "plays:write",
  "library",
  "people:read",
  "people:write",
  "audit:read",
  "operate:read",
  "operate",
] as const;
export type Permission = (typeof PERMISSIONS)[number];
export type Access = "open" | "own" | Permission;

/** Whether what is answered is one person's, so that no cache that others share may keep it. */
export const isPersonal = (access: Access): boolean => PERSONAL.has(access);

const PERSONAL: ReadonlySet<Access> = new Set([
  "own",
  "library",
  "people:read",
  "people:write",
  "audit:read",
]);

/** Who asks. Answers and idempotency keys of one principal are never another's. */
export interface Principal {
  /** Stable and unique: part of the keys of what is one principal's. `user:17`, `anonymous` or `operator`. */
  readonly id: string;
  /** Null for who has no account. */
  readonly user: number | null;
  /** What it showed: `session:4`, `key:9`; null for nothing. */
  readonly credential: string | null;
  readonly permissions: ReadonlySet<Permission>;
}

export const ALL_PERMISSIONS: ReadonlySet<Permission> = new Set(PERMISSIONS);

const stranger = (permissions: ReadonlySet<Permission>): Principal =>
  Object.freeze({ id: "anonymous", user: null, credential: null, permissions });

/** A stranger who may do nothing but what is open. */
export const ANONYMOUS: Principal = stranger(new Set());
/** A stranger who may read the catalogue. */
export const ANONYMOUS_READER: Principal = stranger(new Set(["catalogue:read"]));
/** Whoever reaches an open server. */
export const EVERYBODY: Principal = stranger(ALL_PERMISSIONS);

/** What kind of load a request is, for limits. */
export type LoadClass = "read" | "search" | "write";

/** Of a route: what it asks for, and what kind of load it is. */
export interface AccessRule {
  readonly access: Access;
  readonly load: LoadClass;
}

/** A request that was let in: who asks, and header fields that the answer must carry, names and values in turn. */
export interface Admission {
  readonly principal: Principal;
  readonly fields?: readonly string[];
}

/**
 * Judges a request before anything is done for it, the look-up of a cached answer included. Synchronous where the
 * principal is known already, so that an answer from the cache stays synchronous.
 *
 * @throws AppError when the principal may not.
 */
export type Authorize = (
  incoming: IncomingMessage,
  rule: AccessRule,
  requestId: string,
) => Admission | Promise<Admission>;

const OPEN: Admission = Object.freeze({ principal: EVERYBODY });

/** Without accounts everybody may do everything; the server then listens on loopback only. */
export const authorizeEveryone: Authorize = () => OPEN;
