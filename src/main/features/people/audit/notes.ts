import { z } from "zod";
import { type Actor, auditEntry } from "../../../engine/commands/audit.ts";
import { type Command, command } from "../../../engine/commands/command.ts";
import type { Commands } from "../../../engine/commands/command-bus.ts";
import { RateLimiter } from "../limits/rate-limiter.ts";

/** Audit entries per minute for refusals: a flood of refusals must not become a flood of writes. */
const QUOTA = { permits: 600, seconds: 60 };

interface Note {
  readonly actor: Actor;
  readonly what: string;
  readonly object: string | null;
  readonly changes: string | null;
}

const note: Command<Note> = command({
  name: "audit.note",
  input: z.custom<Note>(),
  statements: ({ actor, what, object, changes }, { now }) => [auditEntry(actor, what, object, changes, now)],
  audit: "none",
  tags: () => [],
});

export const NOTE_COMMANDS = { note };

/** Records what is no command, without delaying the response. Past the quota it records no refusals. */
export class Notes {
  readonly #commands: Commands;
  readonly #limiter = new RateLimiter();

  constructor(commands: Commands) {
    this.#commands = commands;
  }

  refused(actor: Actor, what: string, object: string | null, details?: Record<string, unknown>): void {
    if (this.#limiter.take("", QUOTA).allowed) this.done(actor, what, object, details);
  }

  done(actor: Actor, what: string, object: string | null, details?: Record<string, unknown>): void {
    const changes = details === undefined ? null : JSON.stringify(details);
    // A failure is counted in the metric of failed writes.
    this.#commands.execute(note, { actor, what, object, changes }).catch(() => {});
  }
}
