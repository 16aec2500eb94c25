import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PERMISSIONS, type Permission } from "../../src/main/http/access.ts";
import { get, type Json, patch, remove, request, type TestServer } from "../support/server.ts";
import {
  bearer,
  logIn,
  makeKey,
  operator,
  operatorToken,
  type Person,
  person,
  startRequired,
} from "./support.ts";

/** Every route × every kind of principal, against what the description says that the route needs. */

interface Caller {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly permissions: readonly string[];
  /** Whether it is known who asks: otherwise 401. */
  readonly known: boolean;
  readonly id?: number;
}

const LISTENER: readonly Permission[] = ["catalogue:read", "plays:write", "library"];
const ROLES: Readonly<Record<string, readonly Permission[]>> = {
  listener: LISTENER,
  editor: [...LISTENER, "catalogue:write"],
  admin: PERMISSIONS,
};

let server: TestServer;
let routes: { method: string; path: string; access: string }[];
const callers: Caller[] = [];
const people: Record<string, Person> = {};

async function collectRoles(): Promise<void> {
  for (const [role, permissions] of Object.entries(ROLES)) {
    people[role] = await person(server, `${role}@example.com`, role);
    callers.push({
      name: role,
      headers: people[role].headers,
      permissions,
      known: true,
      id: people[role].id,
    });
  }
}

async function collectKeys(): Promise<void> {
  for (const scope of PERMISSIONS) {
    const { key } = await makeKey(server, people.admin!, { scopes: [scope] });
    callers.push({ name: `a key for ${scope}`, headers: bearer(key), permissions: [scope], known: true });
  }
  const demoted = await person(server, "demoted@example.com", "admin");
  const { key } = await makeKey(server, demoted, { scopes: ["operate", "catalogue:read"] });
  await patch(server, `/v1/users/${demoted.id}`, { role: "listener" }, people.admin!.headers);
  callers.push({
    name: "a key of who was an admin",
    headers: bearer(key),
    permissions: ["catalogue:read"],
    known: true,
  });
}

/** None of them may do anything, but what is open. */
async function collectRefused(): Promise<void> {
  const refuse = (name: string, token: string) =>
    callers.push({ name, headers: bearer(token), permissions: [], known: false });
  const expired = await makeKey(server, people.admin!, {
    scopes: [...PERMISSIONS],
    expires_at: "2020-01-01T00:00:00Z",
  });
  refuse("an expired key", expired.key);
  const revoked = await makeKey(server, people.admin!, { scopes: [...PERMISSIONS] });
  await remove(server, `/v1/keys/${revoked.id}`, people.admin!.headers);
  refuse("a revoked key", revoked.key);
  refuse("a key with another's secret", revoked.key.replace(`_${revoked.id}_`, "_1_"));
  refuse("a mistyped key", `${revoked.key.slice(0, -1)}${revoked.key.endsWith("0") ? "1" : "0"}`);
  refuse("a token of another server's making", "ghp_0123456789");
  const out = await logIn(server, "admin@example.com");
  await remove(server, `/v1/sessions/${out.session}`, out.headers);
  refuse("a session that was logged out", out.token);
  for (const [how, end] of Object.entries({
    disabled: (id: number) => patch(server, `/v1/users/${id}`, { status: "disabled" }, people.admin!.headers),
    deleted: (id: number) => remove(server, `/v1/users/${id}`, people.admin!.headers),
  })) {
    const gone = await person(server, `${how}@example.com`, "admin");
    expect((await get(server, "/v1/me", gone.headers)).status).toBe(200);
    const { key } = await makeKey(server, gone, { scopes: [...PERMISSIONS] });
    expect((await end(gone.id)).status).toBeLessThan(300);
    refuse(`a session of a ${how} user`, gone.token);
    refuse(`a key of a ${how} user`, key);
  }
  refuse("a session that is too old", await aged("expires_at"));
  refuse("a session that was not used for too long", await aged("last_seen_at"));
}

/** Beside the server, before it looked the session up for the first time. */
async function aged(column: string): Promise<string> {
  const { token, session } = await logIn(server, "admin@example.com");
  const db = new Database(server.database, { timeout: 5_000 });
  db.prepare(`UPDATE sessions SET ${column} = '2020-01-01T00:00:00.000Z' WHERE id = ?`).run(session);
  db.close();
  return token;
}

beforeAll(async () => {
  server = await startRequired();
  callers.push({ name: "a stranger", headers: {}, permissions: [], known: false });
  callers.push({
    name: "the operator",
    headers: bearer(await operatorToken(server)),
    permissions: PERMISSIONS,
    known: true,
  });
  await collectRoles();
  await collectKeys();
  await collectRefused();
  const { paths } = (await get(server, "/openapi.json")).json;
  routes = Object.entries<Record<string, Json>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      method: method.toUpperCase(),
      path,
      access: operation["x-access"],
    })),
  );
}, 120_000);
afterAll(() => server.stop());

/** An unknown parameter: whoever is let in is refused for it, and nothing is done. */
const call = ({ method, path }: { method: string; path: string }, { headers }: Caller, id: string | number) =>
  request(server, method, `${path.replaceAll(/\{\w+\}/g, String(id))}?matrix=1`, {
    headers,
    ...(method === "GET" ? {} : { body: {} }),
  });

function expected({ access }: { access: string }, caller: Caller, own: boolean): string {
  const { permissions, known } = caller;
  if (access === "open") return "in";
  if (access === "batch") {
    const any = permissions.some((name) => name !== "catalogue:read");
    return any ? "in" : known ? "403" : "401";
  }
  if (access === "customer") {
    const any = ["library", "shop:read", "shop:write"].some((name) => permissions.includes(name));
    return any ? "in" : known ? "403" : "401";
  }
  if (access !== "own") return permissions.includes(access) ? "in" : known ? "403" : "401";
  if (!known) return "401";
  if (permissions.includes("people:read")) return "in";
  return permissions.includes("library") ? (own ? "in" : "404") : "403";
}

const outcome = (status: number, code: string): string =>
  status === 401 || status === 403 ? String(status) : code === "not_found" ? "404" : "in";

test("there are many routes, each with an access, and few are open", () => {
  expect(routes.length).toBeGreaterThan(60);
  expect(routes.filter(({ access }) => access === undefined)).toEqual([]);
  const open = routes
    .filter(({ access }) => access === "open")
    .map(({ method, path }) => `${method} ${path}`);
  expect(open.toSorted()).toEqual(
    [
      ...[
        "GET /",
        "GET /account",
        "GET /console",
        "GET /console/assets/{version}/{file}",
        "GET /console/{page}",
        "GET /docs",
        "GET /docs/errors",
        "GET /favicon.ico",
        "GET /livez",
        "GET /v1/oidc",
        "GET /v1/oidc/{provider}/callback",
        "GET /v1/oidc/{provider}/login",
        "GET /openapi.json",
        "GET /readyz",
      ],
      ...[
        "POST /v1/email-verifications/confirm",
        "POST /v1/password-resets",
        "POST /v1/password-resets/confirm",
      ],
      ...["POST /v1/sessions", "POST /v1/setup", "POST /v1/users"],
    ].toSorted(),
  );
});

test("every route answers every caller as the table says", async () => {
  const wrong: string[] = [];
  for (const route of routes) {
    const answers = callers.flatMap((caller) => {
      const others = { caller, own: false, id: 987_654_321 as number };
      const own = { caller, own: true, id: caller.id ?? 0 };
      return route.access === "own" && caller.id !== undefined ? [others, own] : [others];
    });
    const judged = answers.map(async ({ caller, own, id }) => {
      const { status, json, headers } = await call(route, caller, id);
      const got = outcome(status, json?.code);
      const want = expected(route, caller, own);
      // Who is let in meets the parameter that is none, or a body that is none.
      if (got !== want || status >= 500)
        wrong.push(`${caller.name}: ${route.method} ${route.path}: ${status}, not ${want}`);
      if (status === 401) expect(headers.get("www-authenticate")).toMatch(/^Bearer /);
      if (status === 403) expect(json.detail).toMatch(/needs the permission [a-z:]+/);
    });
    await Promise.all(judged);
  }
  expect(wrong).toEqual([]);
}, 300_000);

describe("strangers who may read", () => {
  test("read the catalogue, and nothing else", async () => {
    await using readable = await startRequired({ CHINOOK_ANONYMOUS: "read" });
    for (const { method, path, access } of routes) {
      const { status } = await request(readable, method, `${path.replaceAll(/\{\w+\}/g, "1")}?matrix=1`, {
        ...(method === "GET" ? {} : { body: {} }),
      });
      const passes = access === "open" || access === "catalogue:read";
      expect(status === 401, `${method} ${path}: ${status}`).toBe(!passes);
    }
  }, 60_000);
});

test("an operator's command passes, and its token is the operator's alone", async () => {
  const { data } = await operator(server, "user", "list").then((list) => ({ data: list }));
  expect(data.map(({ email }: Json) => email)).toContain("admin@example.com");
  const { statSync } = await import("node:fs");
  expect(statSync(`${server.database}.operator`).mode & 0o777).toBe(0o600);
});
