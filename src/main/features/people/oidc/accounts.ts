import { AppError } from "../../../../shared/errors.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import type { Call } from "../../../http/route.ts";
import { emailKey } from "../accounts/fields.ts";
import { actorAs, type People } from "../context.ts";
import { IDENTITY_COMMANDS, type Identity } from "./commands.ts";
import { type Claims, failed } from "./provider.ts";
import { type Found, PERSON_READ } from "./reads.ts";

/** A person, as one provider knows them. */
type Person = Claims & Pick<Identity, "provider">;

/**
 * Whose account a person's is: the one that is linked; or else the one with the same address, if the provider and
 * this server have both verified it; or else a new one.
 *
 * An address that only one side has verified links nothing. Otherwise whoever registers with another's address,
 * here or at the provider, would share their account.
 *
 * @throws AppError `oidc_failed`, `already_exists`, `registration_closed`.
 */
export async function accountFor(people: People, call: Call, person: Person): Promise<number> {
  const { linked, same_address } = await lookUp(people, person);
  if (linked !== null) return active(linked);
  if (person.email === null || !person.verified) throw failed("the provider has not verified an address");
  if (same_address === null) return register(people, call, person, person.email);
  if (!same_address.verified) {
    const detail = "there is an account with this address: log in with its password, then link the provider";
    throw new AppError("already_exists", { detail });
  }
  await link(people, call, active(same_address), person, emailKey(person.email));
  return same_address.user;
}

/** @throws AppError `oidc_failed` unless the browser is still logged in as who began it; `already_exists`. */
export async function linkTo(people: People, call: Call, user: number, person: Person): Promise<void> {
  const { principal } = await people.identify(call.incoming);
  if (principal.user !== user) throw failed("the browser is not logged in any more as who began to link");
  await link(people, call, user, person, null);
}

async function lookUp({ answers }: People, { provider, subject, email, verified }: Person): Promise<Found> {
  const params = { provider, subject, email_key: email !== null && verified ? emailKey(email) : "" };
  const found = await answers.fetch(PERSON_READ, params, Answers.key(PERSON_READ, params));
  return JSON.parse(found!.entry.body) as Found;
}

/** @throws AppError `oidc_failed`. */
function active({ user, status }: { readonly user: number; readonly status: string }): number {
  if (status !== "active") throw failed("the account is disabled");
  return user;
}

async function link(
  { writes }: People,
  call: Call,
  user: number,
  { provider, subject }: Person,
  email_key: string | null,
): Promise<void> {
  const actor = writes.audited ? actorAs(call, `user:${user}`) : undefined;
  await writes.commands.execute(IDENTITY_COMMANDS.link, { provider, subject, user, email_key }, { actor });
}

async function register(
  { writes, settings }: People,
  call: Call,
  { provider, subject, name }: Person,
  email: string,
): Promise<number> {
  if (settings.registration === "closed") throw new AppError("registration_closed");
  const account = {
    email,
    email_key: emailKey(email),
    name,
    role: "listener",
    password: null,
    verified: true,
  } as const;
  const actor = writes.audited ? actorAs(call, "anonymous") : undefined;
  const input = { provider, subject, account };
  const { body } = await writes.commands.execute(IDENTITY_COMMANDS.register, input, { actor });
  return (JSON.parse(body!) as { id: number }).id;
}
