import type { IncomingMessage } from "node:http";

/**
 * The access that a route requires, declared beside its path: a route without one does not compile.
 *
 * - `open`: nothing. For probes that must always answer, and for logging in.
 * - `own`: the user that `{id}` in the path names, with `library`. Others need `people:read`; without it they get
 *   404.
 * - `customer`: the customer that the principal's user is tied to, with `library`. Others need a permission of the shop.
 * - `batch`: any permission but to read the catalogue. Each operation is judged by its own route.
 * - The others are permissions that the principal must have.
 */
export const PERMISSIONS = [
  "catalogue:read",
  "catalogue:write",
  "plays:write",
  "library",
  "people:read",
  "people:write",
  "audit:read",
  "shop:read",
  "shop:write",
  "operate:read",
  "operate",
] as const;
export type Permission = (typeof PERMISSIONS)[number];
export type Access = "open" | "own" | "customer" | "batch" | Permission;

/** Whether an answer is one person's, so that no shared cache may store it. */
export const isPersonal = (access: Access): boolean => PERSONAL.has(access);

const PERSONAL: ReadonlySet<Access> = new Set([
  "own",
  "customer",
  "shop:read",
  "shop:write",
  "library",
  "people:read",
  "people:write",
  "audit:read",
]);

/** Who makes a request. Answers and idempotency keys of one principal are never visible to another. */
export interface Principal {
  /** Stable and unique; part of the keys of a principal's data: `user:17`, `anonymous` or `operator`. */
  readonly id: string;
  /** Null without an account. */
  readonly user: number | null;
  /** The credential used: `session:4`, `key:9`; null for none. */
  readonly credential: string | null;
  readonly permissions: ReadonlySet<Permission>;
}

/** The user of a principal's id; null without an account. */
export const userIn = (principal = ""): number | null =>
  principal.startsWith("user:") ? Number(principal.slice(5)) : null;

export const ALL_PERMISSIONS: ReadonlySet<Permission> = new Set(PERMISSIONS);

const stranger = (permissions: ReadonlySet<Permission>): Principal =>
  Object.freeze({ id: "anonymous", user: null, credential: null, permissions });

/** An anonymous principal that may use only open routes. */
export const ANONYMOUS: Principal = stranger(new Set());
/** An anonymous principal that may read the catalogue. */
export const ANONYMOUS_READER: Principal = stranger(new Set(["catalogue:read"]));
/** The principal of every request where accounts are off. */
export const EVERYBODY: Principal = stranger(ALL_PERMISSIONS);

/**
 * Whether the principal's permissions cover the access. Whether an `own` entity is the principal's is checked
 * separately.
 */
export function permits({ permissions }: Pick<Principal, "permissions">, access: Access): boolean {
  const any = (...names: readonly Permission[]) => names.some((name) => permissions.has(name));
  if (access === "open") return true;
  if (access === "own") return any("library", "people:read");
  if (access === "customer") return any("library", "shop:read", "shop:write");
  if (access === "batch") return permissions.size > Number(permissions.has("catalogue:read"));
  return permissions.has(access);
}

/** The missing permission when a route's access is refused. */
export const neededFor = (access: Access): string =>
  ({ open: "", own: "library", customer: "library", batch: "library" })[access as string] ?? access;

/** The class of load of a request, for rate limits. */
export type LoadClass = "read" | "search" | "write";

/** A route's access and class of load. */
export interface AccessRule {
  readonly access: Access;
  readonly load: LoadClass;
  /** Whether to audit the request: an operator's request that runs no command. */
  readonly told: boolean;
}

/** An admitted request: its principal, and headers for the response, names and values in turn. */
export interface Admission {
  readonly principal: Principal;
  readonly fields?: readonly string[] | undefined;
  /**
   * For batches, if requests are limited: counts each operation as a request.
   *
   * @throws AppError `rate_limited`.
   */
  readonly charge?: (count: number) => void;
}

/**
 * Checks a request before any work for it, including the look-up of a cached answer. Synchronous if the
 * principal is known, so that a cached answer stays synchronous.
 *
 * @throws AppError if the principal lacks the access.
 */
export type Authorize = (
  incoming: IncomingMessage,
  rule: AccessRule,
  requestId: string,
) => Admission | Promise<Admission>;

/** Checks a streaming request again by the same rules, without counting it for rate limits. */
export type Permitted = (incoming: IncomingMessage, access: Access) => boolean | Promise<boolean>;

const OPEN: Admission = Object.freeze({ principal: EVERYBODY });

/** Without accounts every request may do everything. The server then listens on loopback only. */
export const authorizeEveryone: Authorize = () => OPEN;

export const permitEveryone: Permitted = () => true;
