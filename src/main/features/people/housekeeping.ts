import { z } from "zod";
import type { Settings } from "../../../shared/settings.ts";
import { forgetOldEntries } from "../../engine/commands/audit.ts";
import { type Command, command } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Logger } from "../../engine/log.ts";
import { SESSION_COMMANDS } from "./sessions/commands.ts";

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

export const RETENTION: Command<{ readonly before: string }> = command({
  name: "audit.forget",
  input: z.strictObject({ before: z.string() }),
  statements: ({ before }) => [forgetOldEntries(before)],
  audit: "none",
  tags: () => [],
});

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** Once an hour, a slice at a time: what has ended and what is old. */
export function keepHouse(
  commands: Commands,
  { sessionIdle, auditKeep }: Pick<Settings, "sessionIdle" | "auditKeep">,
  log: Logger,
): { stop(): void } {
  const sweep = async () => {
    const ended = { now: ago(0), idle_since: ago(sessionIdle * 1_000), month_ago: ago(30 * DAY_MS) };
    await commands.execute(SESSION_COMMANDS.sweep, ended);
    if (auditKeep > 0) await commands.execute(RETENTION, { before: ago(auditKeep * 1_000) });
  };
  const timer = setInterval(() => {
    sweep().catch((error) => log.error({ err: error }, "sessions and audit could not be swept"));
  }, EVERY_MS).unref();
  return { stop: () => clearInterval(timer) };
}
