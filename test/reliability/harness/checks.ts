import type { Connection } from "../../../src/shared/database/sqlite.ts";
import { openForWriting } from "../../../src/shared/database/sqlite.ts";

/** Whole-file checks, and what each says when all is well. */
const CHECKS = {
  integrity: (db: Connection) => db.pragma("integrity_check", { simple: true }),
  foreign_keys: (db: Connection) => (db.pragma("foreign_key_check") as unknown[]).length || "ok",
  text_index: (db: Connection) => textIndex(db),
} as const satisfies Record<string, (db: Connection) => unknown>;

/** Only with `rank` 1 is an external-content index compared with its content. */
function textIndex(db: Connection): string {
  try {
    for (const index of ["tracks_fts", "suggestions_fts"])
      db.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`);
    return "ok";
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Looks over a database that nobody has open; a WAL that was left is recovered by it.
 *
 * @returns what is wrong, or nothing.
 */
export function problemsOf(file: string): string[] {
  const db = openForWriting(file, "full");
  try {
    return Object.entries(CHECKS).flatMap(([name, check]) => {
      const found = check(db);
      return found === "ok" ? [] : [`${name}: ${found}`];
    });
  } finally {
    db.close();
  }
}
