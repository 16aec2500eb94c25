import { AppError } from "../../../../shared/errors.ts";
import { isOutdated } from "../../../../shared/passwords.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import type { Read } from "../../../engine/reads/read.ts";
import type { Call } from "../../../http/route.ts";
import { ACCOUNT_COMMANDS } from "../accounts/commands.ts";
import { emailKey } from "../accounts/fields.ts";
import { LOGIN_READ } from "../accounts/reads.ts";
import { actorAs, type People } from "../context.ts";
import { digest, newToken } from "../tokens.ts";
import { SESSION_COMMANDS } from "./commands.ts";

/** Characters of User-Agent that the list of sessions shows. */
const DEVICE_LENGTH = 200;

export interface LoginAccount {
  readonly id: number;
  readonly email: string | null;
  readonly password: string | null;
}

export interface Login {
  readonly email: string;
  readonly password: string;
}

/**
 * The same answer, after the same work, for an address that nobody has, an account that is disabled or has no
 * password, and a wrong password.
 *
 * @throws AppError `login_failed`, `rate_limited`, `overloaded`.
 */
export async function logIn(people: People, call: Call, { email, password }: Login): Promise<LoginAccount> {
  const key = emailKey(email);
  people.logins.admit(call.addressOf(call.incoming), key);
  const account = await find(people.answers, LOGIN_READ, { email_key: key });
  if (!(await people.passwords.matches(password, account?.password ?? null))) {
    throw refused(people, call, key, account);
  }
  people.logins.succeeded(call.addressOf(call.incoming), key);
  if (isOutdated(account!.password!)) await rehash(people, account!, password);
  return account!;
}

/** An address that nobody has is kept nowhere: it may be a password in the wrong field. */
function refused(people: People, call: Call, key: string, account: LoginAccount | undefined): AppError {
  people.logins.failed(call.addressOf(call.incoming), key);
  const object = account === undefined ? null : `users:${account.id}`;
  if (people.writes.audited) people.notes.refused(actorAs(call, "anonymous"), "login.refused", object);
  return new AppError("login_failed", { headers: { "www-authenticate": 'Bearer realm="chinook"' } });
}

async function rehash(
  { passwords, writes }: People,
  { id, password: before }: LoginAccount,
  password: string,
) {
  const after = await passwords.hash(password);
  await writes.commands.execute(ACCOUNT_COMMANDS.rehash, { id, password: after, before: before! });
}

export async function find<P>(answers: Answers, read: Read<P>, params: P): Promise<LoginAccount | undefined> {
  const found = await answers.fetch(read, params, Answers.key(read, params));
  return found === null ? undefined : (JSON.parse(found.entry.body) as LoginAccount);
}

export interface OpenedSession {
  /** The session as a list shows it. */
  readonly session: Record<string, unknown>;
  readonly token: string;
  /** Seconds. */
  readonly age: number;
}

/** @throws AppError `login_failed` when the account was disabled meanwhile. */
export async function openSession(
  { writes, settings }: People,
  call: Call,
  user: number,
): Promise<OpenedSession> {
  const token = newToken("session");
  const age = settings.sessionAge;
  const { body } = await writes.commands.execute(
    SESSION_COMMANDS.create,
    {
      user_id: user,
      token_hash: digest(token),
      device: call.incoming.headers["user-agent"]?.slice(0, DEVICE_LENGTH) ?? null,
      address: call.addressOf(call.incoming),
      expires_at: new Date(Date.now() + age * 1_000).toISOString(),
    },
    { actor: writes.audited ? actorAs(call, `user:${user}`) : undefined },
  );
  return { session: JSON.parse(body!) as Record<string, unknown>, token, age };
}
