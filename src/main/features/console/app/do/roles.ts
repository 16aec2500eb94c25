import type { Role } from "../core/session.ts";

export const ROLES: readonly Role[] = ["listener", "editor", "admin"];
