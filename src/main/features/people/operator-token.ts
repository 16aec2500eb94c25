import { randomBytes, timingSafeEqual } from "node:crypto";
import { rmSync } from "node:fs";
import { operatorFile, writeOperatorToken } from "../../../shared/database/operator.ts";
import { ALL_PERMISSIONS, type Principal } from "../../http/access.ts";

export const OPERATOR_PREFIX = "chinook_operator_";

/** Whoever can read a file that is the server's user's alone may do everything: it could read the database itself. */
const OPERATOR: Principal = Object.freeze({
  id: "operator",
  user: null,
  credential: null,
  permissions: ALL_PERMISSIONS,
});

/** The token by which a command on the same machine is known to the server; a new one at every start. */
export class OperatorToken {
  readonly #file: string;
  readonly #token: Buffer;

  constructor(database: string) {
    this.#file = operatorFile(database);
    const token = `${OPERATOR_PREFIX}${randomBytes(24).toString("hex")}`;
    this.#token = Buffer.from(token);
    writeOperatorToken(database, token);
  }

  /** Who showed it. */
  readonly principal = (token: string): Principal | undefined => {
    const shown = Buffer.from(token);
    return shown.length === this.#token.length && timingSafeEqual(shown, this.#token) ? OPERATOR : undefined;
  };

  close(): void {
    rmSync(this.#file, { force: true });
  }
}
