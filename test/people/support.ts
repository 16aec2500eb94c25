import { expect } from "vitest";
import {
  type Answer,
  chinook,
  type Json,
  post,
  request,
  startServer,
  type TestServer,
} from "../support/server.ts";

export const PASSWORD = "correct horse battery staple";

/** A server that asks who is there, with an admin. Without limits, unless settings say otherwise. */
export async function startRequired(
  settings: Readonly<Record<string, string>> = {},
  database?: string,
): Promise<TestServer> {
  const required = {
    CHINOOK_AUTH: "required",
    CHINOOK_RATE_READ: "0",
    CHINOOK_RATE_SEARCH: "0",
    CHINOOK_RATE_WRITE: "0",
    CHINOOK_RATE_LOGIN: "0",
    ...settings,
  };
  return startServer(required, database === undefined ? {} : { database });
}

/** What a command prints, as the operator of the machine that the server runs on. */
export async function operator(server: TestServer, ...args: string[]): Promise<Json> {
  const { code, stdout, stderr } = await chinook([...args, "--json"], { CHINOOK_DATABASE: server.database });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** Of the operator's own file. */
export async function operatorToken(server: TestServer): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return readFile(`${server.database}.operator`, "utf8");
}

export interface Person {
  readonly id: number;
  readonly email: string;
  readonly token: string;
  readonly session: number;
  readonly headers: { readonly authorization: string };
}

/** An account that is logged in. */
export async function person(
  server: TestServer,
  email: string,
  role = "listener",
  name = "N",
): Promise<Person> {
  const asOperator = bearer(await operatorToken(server));
  const made = await post(server, "/v1/users", { email, password: PASSWORD, name, role }, asOperator);
  expect(made.status, made.text).toBe(201);
  return { id: made.json.id, email, ...(await logIn(server, email)) };
}

export async function logIn(server: TestServer, email: string, password = PASSWORD) {
  const { status, json, text } = await post(server, "/v1/sessions", { email, password });
  expect(status, text).toBe(201);
  return { token: json.token as string, session: json.id as number, headers: bearer(json.token) };
}

export async function makeKey(server: TestServer, owner: Person, body: Json): Promise<Json> {
  const { status, json, text } = await post(server, "/v1/keys", { name: "k", ...body }, owner.headers);
  expect(status, text).toBe(201);
  return json;
}

/** Whether a request passes: 200 for one's own account. */
export const whoAmI = (server: TestServer, headers: Record<string, string>): Promise<Answer> =>
  request(server, "GET", "/v1/me", { headers });
