import { z } from "zod";
import type { Settings } from "../../../shared/settings.ts";
import { FORGOTTEN_AT_ONCE, forgetOldEntries } from "../../engine/commands/audit.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import type { Commands } from "../../engine/commands/command-bus.ts";
import type { Logger } from "../../engine/log.ts";
import { SESSION_COMMANDS } from "./sessions/commands.ts";

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** A slice of what is older. The body is 1 when there may be more. */
export const RETENTION: Command<{ readonly before: string }> = command({
  name: "audit.forget",
  input: z.strictObject({ before: z.string() }),
  statements: ({ before }) => [forgetOldEntries(before)],
  answer: () => statement(`SELECT (changes() = ${FORGOTTEN_AT_ONCE}) || '' AS body, NULL AS etag`, {}),
  audit: "none",
  tags: () => [],
});

const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** At the start and then once an hour: what has ended, and what is older than it is kept, a slice after the other. */
export class House {
  readonly #commands: Commands;
  readonly #settings: Pick<Settings, "sessionIdle" | "auditKeep">;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(commands: Commands, settings: Pick<Settings, "sessionIdle" | "auditKeep">, log: Logger) {
    this.#commands = commands;
    this.#settings = settings;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#keep(), EVERY_MS).unref();
    void this.#keep();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  async #keep(): Promise<void> {
    try {
      await this.#sweep();
      if (this.#settings.auditKeep > 0) await this.#forget(ago(this.#settings.auditKeep * 1_000));
    } catch (error) {
      if (!this.#stopped) this.#log.error({ err: error }, "sessions and audit could not be swept");
    }
  }

  async #sweep(): Promise<void> {
    const idle_since = ago(this.#settings.sessionIdle * 1_000);
    const ended = { now: ago(0), idle_since, month_ago: ago(30 * DAY_MS) };
    await this.#commands.execute(SESSION_COMMANDS.sweep, ended);
  }

  async #forget(before: string): Promise<void> {
    while (!this.#stopped && (await this.#commands.execute(RETENTION, { before })).body === "1");
  }
}
