import Database from "better-sqlite3";
import { wordsOf } from "../../src/shared/words.ts";

/** A track as somebody who searches knows it. */
export interface Track {
  readonly name: string;
  readonly artist: string | null;
  readonly album: string | null;
  readonly composer: string | null;
}

/** The tracks of a database, in the order of their ids: what the judged queries are drawn from. */
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

/** What makes two names the same to a listener: case, accents and signs aside; a name of signs alone is itself. */
export function folded(name: string): string {
  const words = wordsOf(name).join(" ");
  return words === "" ? name.trim() : words;
}
