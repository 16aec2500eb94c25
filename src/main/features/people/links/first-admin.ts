import type { Logger } from "../../../engine/log.ts";
import { ACCOUNT_COMMANDS } from "../accounts/commands.ts";
import type { People } from "../context.ts";
import { issueLink, linkUrl } from "./links.ts";

/** A server without an admin prints a link to create the first one: once, valid for a day. */
export async function offerSetup(
  { writes, origin }: Pick<People, "writes" | "origin">,
  log: Logger,
): Promise<void> {
  try {
    const { body } = await writes.commands.execute(ACCOUNT_COMMANDS.countAdmins, {});
    if ((JSON.parse(body!) as { admins: number }).admins > 0) return;
    const token = await issueLink(writes.commands, "setup", null, undefined);
    process.stderr.write(
      `There is no admin yet. Make one here, once and within a day:\n${linkUrl(origin(), "setup", token)}\n` +
        "or with: chinook user create --role admin --email …\n",
    );
  } catch (error) {
    log.error({ err: error }, "creating the link for the first admin failed");
  }
}
