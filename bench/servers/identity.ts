import { readFileSync } from "node:fs";

/** Credentials for a server with authentication: keys or sessions of an admin, in turn. */
export type Identity = "key" | "session";

/** More than one, because one alone would reach the limit of 1,000,000 requests a minute. */
const COUNT = 8;
const EMAIL = "bench@example.com";
const PASSWORD = "a password for the bench";

/** The body of a login. */
export const LOGIN = JSON.stringify({ email: EMAIL, password: PASSWORD });

/** Settings of such a server: limits that are never reached, but are checked. */
export const REQUIRED = {
  CHINOOK_AUTH: "required",
  CHINOOK_RATE_READ: "1000000",
  CHINOOK_RATE_SEARCH: "1000000",
  CHINOOK_RATE_WRITE: "1000000",
  CHINOOK_RATE_LOGIN: "0",
};

/** Creates an account and its credentials. */
export async function tokensOf(url: string, database: string, identity: Identity): Promise<string[]> {
  const operator = readFileSync(`${database}.operator`, "utf8");
  const account = { email: EMAIL, role: "admin", name: null, password: PASSWORD };
  await send(`${url}/admin/people/create-user`, JSON.stringify(account), operator);
  const one = identity === "key" ? () => key(url, operator) : () => session(url);
  const tokens: string[] = [];
  for (let i = 0; i < COUNT; i++) tokens.push(await one());
  return tokens;
}

const SCOPES = ["catalogue:read", "catalogue:write", "plays:write", "operate:read"];

async function key(url: string, operator: string): Promise<string> {
  const input = { email: EMAIL, name: "bench", scopes: SCOPES, expires_at: null, rate_per_minute: null };
  return (await send(`${url}/admin/people/create-key`, JSON.stringify(input), operator)).key!;
}

const session = async (url: string): Promise<string> => (await send(`${url}/v1/sessions`, LOGIN)).token!;

async function send(url: string, body: string, token?: string): Promise<Record<string, string>> {
  const headers = { "content-type": "application/json", ...authorization(token) };
  const response = await fetch(url, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Record<string, string>;
}

/** No header without a token. */
export const authorization = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };
