import type { IncomingMessage } from "node:http";

/**
 * What a route asks of whoever calls it, declared beside its path: a route without one does not compile.
 *
 * - `open`: nothing; for probes that must always answer.
 * - the others are permissions: what a principal must hold.
 */
export const PERMISSIONS = [
  "catalogue:read",
  "catalogue:write",
  "plays:write",
  "library",
  "people:read",
  "operate:read",
  "operate",
] as const;
export type Permission = (typeof PERMISSIONS)[number];
export type Access = "open" | Permission;

/** Whether what is answered is one person's, so that no cache that others share may keep it. */
export const isPersonal = (access: Access): boolean => access === "people:read" || access === "library";

/** Who asks. Answers and idempotency keys of one principal are never another's. */
export interface Principal {
  /** Stable and unique: part of the keys of what is one principal's. */
  readonly id: string;
}

export const ANONYMOUS: Principal = Object.freeze({ id: "anonymous" });

/**
 * Judges a request before anything is done for it, the look-up of a cached answer included. Synchronous where the
 * principal is known already, so that an answer from the cache stays synchronous.
 *
 * @throws AppError when the principal may not.
 */
export type Authorize = (incoming: IncomingMessage, access: Access) => Principal | Promise<Principal>;

/** Without accounts everybody may do everything; the server then listens on loopback only. */
export const authorizeEveryone: Authorize = () => ANONYMOUS;
