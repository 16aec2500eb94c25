import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/**
 * The file beside the database with the operator's token. Commands on this machine authenticate to the server with
 * it.
 */
export const operatorFile = (file: string): string => `${file}.operator`;

/** Created with permissions for the owner only, and replaced atomically. */
export function writeOperatorToken(file: string, token: string): void {
  const made = `${operatorFile(file)}.${process.pid}`;
  rmSync(made, { force: true });
  writeFileSync(made, token, { mode: 0o600, flag: "wx" });
  renameSync(made, operatorFile(file));
}

/** Undefined if there is none, or it is another user's. */
export function readOperatorToken(file: string): string | undefined {
  try {
    return readFileSync(operatorFile(file), "utf8");
  } catch {
    return undefined;
  }
}
