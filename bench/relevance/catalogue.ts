import Database from "better-sqlite3";
import { wordsOf } from "../../src/shared/words.ts";

/** The fields of a track that are searched. */
export interface Track {
  readonly name: string;
  readonly artist: string | null;
  readonly album: string | null;
  readonly composer: string | null;
}

/** A database's tracks in order of ids. The judged queries are drawn from them. */
export function tracksIn(file: string): readonly Track[] {
  const db = new Database(file, { readonly: true });
  try {
    return db
      .prepare<[], Track>(
        `SELECT t.name, ar.name AS artist, al.title AS album, t.composer FROM tracks t
         LEFT JOIN albums al ON al.id = t.album_id LEFT JOIN artists ar ON ar.id = al.artist_id ORDER BY t.id`,
      )
      .all();
  } finally {
    db.close();
  }
}

/** Normalises a name: without case, accents and signs. A name of signs only is unchanged. */
export function folded(name: string): string {
  const words = wordsOf(name).join(" ");
  return words === "" ? name.trim() : words;
}
