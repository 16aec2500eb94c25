import type { IncomingMessage } from "node:http";
import type { Settings } from "../../../shared/settings.ts";
import type { Actor } from "../../engine/commands/audit.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import type { Writes } from "../../http/command-route.ts";
import type { Call } from "../../http/route.ts";
import type { Notes } from "./audit/notes.ts";
import type { Identify } from "./authorize.ts";
import type { LoginLimits } from "./limits/login-limits.ts";
import type { Mailer } from "./mail/mailer.ts";
import type { PasswordPool } from "./passwords/pool.ts";
import type { CookieKind } from "./sessions/cookie.ts";

/** What the routes of this feature share. */
export interface People {
  readonly answers: Answers;
  readonly writes: Writes;
  readonly settings: Settings;
  readonly passwords: PasswordPool;
  readonly logins: LoginLimits;
  readonly notes: Notes;
  readonly mailer: Mailer;
  readonly identify: Identify;
  readonly cookieName: (incoming: IncomingMessage, kind?: CookieKind) => string;
  /** Empties the WAL. @throws AppError when checkpoints are a replicator's. */
  readonly checkpoint: () => Promise<unknown>;
  /** Where people reach the server, for links: without a slash at its end. */
  readonly origin: () => string;
}

/** Whom an open route's command is done for: they are known by then, or strangers. */
export const actorAs = (call: Call, principal: string, credential: string | null = null): Actor => ({
  principal,
  credential,
  address: call.addressOf(call.incoming),
  requestId: call.requestId,
});
