import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Beside the database: the token by which commands on this machine are known to the server that holds it. */
export const operatorFile = (file: string): string => `${file}.operator`;

/** Its user's alone from the first moment on, and never half written. */
export function writeOperatorToken(file: string, token: string): void {
  const made = `${operatorFile(file)}.${process.pid}`;
  rmSync(made, { force: true });
  writeFileSync(made, token, { mode: 0o600, flag: "wx" });
  renameSync(made, operatorFile(file));
}

/** Undefined where there is none, or it is another user's. */
export function readOperatorToken(file: string): string | undefined {
  try {
    return readFileSync(operatorFile(file), "utf8");
  } catch {
    return undefined;
  }
}
