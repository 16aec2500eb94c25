import Database from "better-sqlite3";
import { loadVectors } from "../../../shared/database/sqlite.ts";
import { AppError } from "../../../shared/errors.ts";

export interface VectorExtension {
  readonly extension: string;
  readonly sqlite: string;
}

/**
 * Loads the vector extension into an empty database and finds the nearest of three vectors.
 *
 * @throws AppError `vectors_unavailable` if it can't be loaded, or finds the wrong vector.
 */
export function verifyVectors(): VectorExtension {
  const db = new Database(":memory:");
  try {
    loadVectors(db);
    db.exec("CREATE VIRTUAL TABLE probe USING vec0 (id INTEGER PRIMARY KEY, embedding FLOAT[2])");
    db.exec("INSERT INTO probe VALUES (1, '[1, 0]'), (2, '[0, 1]'), (3, '[-1, 0]')");
    const nearest = db
      .prepare("SELECT id FROM probe WHERE embedding MATCH '[0.6, 0.8]' AND k = 1")
      .pluck()
      .get();
    if (nearest !== 2)
      throw new AppError("vectors_unavailable", {
        detail: `expected vector 2 to be nearest, got ${nearest}`,
      });
    const versions = "SELECT vec_version() AS extension, sqlite_version() AS sqlite";
    return db.prepare<[], VectorExtension>(versions).get()!;
  } finally {
    db.close();
  }
}
