import { AppError } from "../../../../shared/errors.ts";
import type { Actor } from "../../../engine/commands/audit.ts";
import type { Commands } from "../../../engine/commands/command-bus.ts";
import { digest, newToken, parseToken } from "../tokens.ts";
import { LINK_COMMANDS, type Purpose } from "./commands.ts";

/**
 * Creates a link's token and stores its digest. Whoever has the token can use it: it is sent by mail, or to the
 * operator.
 */
export async function issueLink(
  commands: Commands,
  purpose: Purpose,
  account: { readonly id: number; readonly email: string | null } | null,
  actor: Actor | undefined,
): Promise<string> {
  const token = newToken("link");
  const link = {
    token_hash: digest(token),
    purpose,
    user_id: account?.id ?? null,
    email: account?.email ?? null,
  };
  await commands.execute(LINK_COMMANDS.create, link, { actor });
  return token;
}

/** A URL's fragment stays in the browser: it is in no log and in no Referer. */
export const linkUrl = (origin: string, purpose: Purpose, token: string): string =>
  `${origin}/account#${purpose}=${token}`;

/** @throws AppError `link_invalid`. @returns the digest and the link's user. */
export async function openLink(
  commands: Commands,
  purpose: Purpose,
  token: string,
): Promise<{ token_hash: string; user: number | null }> {
  if (parseToken(token)?.kind !== "link") throw new AppError("link_invalid");
  const token_hash = digest(token);
  const { body } = await commands.execute(LINK_COMMANDS.owner, { token_hash, purpose });
  if (body === null) throw new AppError("link_invalid");
  return { token_hash, user: (JSON.parse(body) as { user: number | null }).user };
}
