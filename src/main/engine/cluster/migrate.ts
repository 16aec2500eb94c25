import { currentUser, type Migration } from "../../../shared/database/migrations.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Result } from "./rqlite.ts";
import { SqlText } from "./sql-text.ts";

/** What each node would answer differently. */
const OWN = /\brandom(blob)?\s*\(|'now'|\bcurrent_(time|date|timestamp)\b/i;

const BROKEN = JSON.stringify({
  code: "migration_refused",
  detail: "it would leave rows that refer to nothing",
});

/**
 * A migration as one request of rqlite, so one entry of the Raft log. It begins by writing itself down: of several
 * servers that start at once the first migrates, and the others' texts end there.
 *
 * Foreign keys are off while it runs, as on one machine; the pragma is a no-op inside a transaction.
 *
 * @throws AppError `migration_refused` for one that asks a clock or for randomness.
 */
export function migrationRequest(migration: Migration, direction: "up" | "down", now: string): string {
  const { name, up, down } = migration;
  const sql = direction === "up" ? up : down;
  if (OWN.test(sql)) {
    const detail = `${name} asks a clock or for randomness: nodes would differ. Export, migrate on one machine, join`;
    throw new AppError("migration_refused", { detail });
  }
  const text = new SqlText().run("ROLLBACK TO m");
  note(text, migration, direction, now);
  text
    .run(sql)
    .run("INSERT INTO refusals (refusal) SELECT @broken FROM pragma_foreign_key_check LIMIT 1", {
      broken: BROKEN,
    })
    .run("UPDATE cluster_commits SET seq = seq + 1, at = @now", { now })
    .run("INSERT INTO cluster_changes SELECT seq, at, '[\"*\"]' FROM cluster_commits")
    .run("RELEASE m")
    .run("SAVEPOINT m");
  const items = [
    new SqlText().run("ROLLBACK"),
    new SqlText().run("PRAGMA foreign_keys = OFF"),
    new SqlText().run("BEGIN IMMEDIATE").run("SAVEPOINT m"),
    text,
    new SqlText().run("ROLLBACK TO m").run("RELEASE m").run("COMMIT"),
    new SqlText().run("PRAGMA foreign_keys = ON"),
  ];
  return `[${items.map((item) => item.toJson()).join(",")}]`;
}

function note(text: SqlText, { id, name, checksum }: Migration, direction: "up" | "down", now: string): void {
  if (direction === "up") {
    text.run("INSERT INTO schema_migrations VALUES (@id, @name, @checksum, @now)", {
      id,
      name,
      checksum,
      now,
    });
  } else {
    text.run(
      "INSERT INTO refusals (refusal) SELECT @gone WHERE NOT EXISTS (SELECT 1 FROM schema_migrations WHERE id = @id)",
      {
        gone: JSON.stringify({ code: "migration_refused", detail: "another server has reverted it" }),
        id,
      },
    );
    text.run("DELETE FROM schema_migrations WHERE id = @id", { id });
  }
  text.run(
    `INSERT INTO schema_history (migration, direction, finished_at, milliseconds, by)
     VALUES (@name, @direction, @now, 0, @by)`,
    { name, direction, now, by: currentUser() },
  );
}

/** @returns the message of its failure; undefined if it was applied. */
export const failureOf = (results: readonly Result[]): string | undefined => results[3]?.error;
