import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Database from "better-sqlite3";
import { type Connection, loadVectors } from "../../src/shared/database/sqlite.ts";
import { registerFunctions } from "../../src/workers/functions.ts";

const BIN = resolve(import.meta.dirname, "../../bin/chinook.cjs");

/** The project's own command, with only the given settings. */
export function chinook(args: readonly string[]): void {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith("CHINOOK_")),
  );
  execFileSync(process.execPath, [BIN, ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
}

/** A database in a temporary folder, removed with this object. It is never in the working tree. */
export class BenchDatabase implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "chinook-bench-"));
  readonly file = join(this.#folder, "database.sqlite");
  #db: Connection | undefined;

  /** A reader's connection, but writable, so that a measurement can change data. */
  get db(): Connection {
    if (this.#db !== undefined) return this.#db;
    const db = new Database(this.file);
    loadVectors(db);
    registerFunctions(db);
    db.function("within_deadline", () => 1);
    this.#db = db;
    return db;
  }

  [Symbol.dispose](): void {
    this.#db?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
