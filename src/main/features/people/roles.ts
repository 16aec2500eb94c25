import { ALL_PERMISSIONS, PERMISSIONS, type Permission } from "../../http/access.ts";

export const ROLES = ["listener", "editor", "admin"] as const;
export type Role = (typeof ROLES)[number];

const LISTENER: readonly Permission[] = ["catalogue:read", "plays:write", "library"];

const OF_ROLE: Readonly<Record<Role, ReadonlySet<Permission>>> = {
  listener: new Set(LISTENER),
  editor: new Set([...LISTENER, "catalogue:write"]),
  admin: ALL_PERMISSIONS,
};

/** A role's permissions; with scopes, their intersection. A key of an owner who lost a role loses it too. */
export function permissionsOf(role: Role, scopes?: readonly string[]): ReadonlySet<Permission> {
  const all = OF_ROLE[role];
  return scopes === undefined
    ? all
    : new Set(PERMISSIONS.filter((name) => all.has(name) && scopes.includes(name)));
}
