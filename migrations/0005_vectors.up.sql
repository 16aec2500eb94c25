-- What makes tracks comparable: a vector of each kind, and the register of which are there, due or failed.

-- A vec0 row takes no NULL vector, hence one table a kind. Vectors are normalised when they are written: for unit
-- vectors L2 distance orders as cosine does, and cosine = 1 - d²/2.
CREATE VIRTUAL TABLE vectors_audio    USING vec0 (track_id INTEGER PRIMARY KEY, embedding FLOAT[128]);
CREATE VIRTUAL TABLE vectors_lyric    USING vec0 (track_id INTEGER PRIMARY KEY, embedding FLOAT[384]);
CREATE VIRTUAL TABLE vectors_metadata USING vec0 (track_id INTEGER PRIMARY KEY, embedding FLOAT[64]);

-- One row for each vector that is there or ought to be. `given`: a client put it there, and no change of the track
-- computes another in its place.
CREATE TABLE vector_queue (
  track_id   INTEGER NOT NULL,
  kind       TEXT NOT NULL CHECK (kind IN ('audio', 'lyric', 'metadata')),
  state      TEXT NOT NULL CHECK (state IN ('pending', 'processing', 'completed', 'failed')),
  given      INTEGER NOT NULL DEFAULT 0,
  attempts   INTEGER NOT NULL DEFAULT 0,
  error      TEXT,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (track_id, kind)
) STRICT, WITHOUT ROWID;
-- Finds what is due, and counts by kind and state without touching the table.
CREATE INDEX vector_queue_state ON vector_queue (kind, state, track_id);

-- Changes that touch a great part of the catalogue at once (a genre can hold a third of it) are noted as one row,
-- and spread over the queue a slice at a time: the write that caused them stays as short as the others.
CREATE TABLE vector_spread (
  source     TEXT NOT NULL CHECK (source IN ('genre', 'media_type', 'model', 'catalogue')),
  source_id  INTEGER NOT NULL,
  after_id   INTEGER NOT NULL DEFAULT 0, -- tracks up to this id are done
  PRIMARY KEY (source, source_id)
) STRICT, WITHOUT ROWID;

-- Inverse document frequencies of hashed terms, one byte each: what lyric vectors are weighted with. A new version
-- is fitted when the catalogue has outgrown the last; only the newest is kept.
CREATE TABLE lyric_model (
  version    INTEGER PRIMARY KEY,
  tracks     INTEGER NOT NULL, -- in the catalogue when it was fitted
  documents  INTEGER NOT NULL, -- of them looked at
  idf        BLOB NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TRIGGER vectors_track_added AFTER INSERT ON tracks BEGIN
  INSERT INTO vector_queue (track_id, kind, state, updated_at)
    VALUES (new.id, 'lyric', 'pending', new.updated_at), (new.id, 'metadata', 'pending', new.updated_at)
    ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL WHERE given = 0;
END;
CREATE TRIGGER vectors_track_deleted AFTER DELETE ON tracks BEGIN
  DELETE FROM vectors_audio WHERE track_id = old.id;
  DELETE FROM vectors_lyric WHERE track_id = old.id;
  DELETE FROM vectors_metadata WHERE track_id = old.id;
  DELETE FROM vector_queue WHERE track_id = old.id;
END;
CREATE TRIGGER vectors_track_words AFTER UPDATE OF name, composer, album_id ON tracks
WHEN old.name COLLATE BINARY IS NOT new.name OR old.composer IS NOT new.composer OR old.album_id IS NOT new.album_id
BEGIN
  INSERT INTO vector_queue (track_id, kind, state, updated_at) VALUES (new.id, 'lyric', 'pending', new.updated_at)
    ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL, updated_at = excluded.updated_at
    WHERE given = 0;
END;
CREATE TRIGGER vectors_track_facts
AFTER UPDATE OF album_id, genre_id, media_type_id, milliseconds, bytes, unit_price_cents ON tracks
WHEN old.album_id IS NOT new.album_id OR old.genre_id IS NOT new.genre_id
  OR old.media_type_id IS NOT new.media_type_id OR old.milliseconds IS NOT new.milliseconds
  OR old.bytes IS NOT new.bytes OR old.unit_price_cents IS NOT new.unit_price_cents
BEGIN
  INSERT INTO vector_queue (track_id, kind, state, updated_at) VALUES (new.id, 'metadata', 'pending', new.updated_at)
    ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL, updated_at = excluded.updated_at
    WHERE given = 0;
END;
CREATE TRIGGER vectors_album_changed AFTER UPDATE OF title, artist_id, release_date ON albums
WHEN old.title COLLATE BINARY IS NOT new.title OR old.artist_id IS NOT new.artist_id
  OR old.release_date IS NOT new.release_date
BEGIN
  INSERT INTO vector_queue (track_id, kind, state, updated_at)
    SELECT t.id, k.value, 'pending', new.updated_at FROM tracks t, json_each('["lyric", "metadata"]') k
    WHERE t.album_id = new.id
    ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL, updated_at = excluded.updated_at
    WHERE given = 0;
END;
CREATE TRIGGER vectors_artist_renamed AFTER UPDATE OF name ON artists
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  INSERT INTO vector_queue (track_id, kind, state, updated_at)
    SELECT t.id, k.value, 'pending', new.updated_at
    FROM albums a JOIN tracks t ON t.album_id = a.id, json_each('["lyric", "metadata"]') k
    WHERE a.artist_id = new.id
    ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL, updated_at = excluded.updated_at
    WHERE given = 0;
END;
CREATE TRIGGER vectors_genre_renamed AFTER UPDATE OF name ON genres
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  INSERT INTO vector_spread (source, source_id) VALUES ('genre', new.id)
    ON CONFLICT DO UPDATE SET after_id = 0;
END;
CREATE TRIGGER vectors_media_type_renamed AFTER UPDATE OF name ON media_types
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  INSERT INTO vector_spread (source, source_id) VALUES ('media_type', new.id)
    ON CONFLICT DO UPDATE SET after_id = 0;
END;

-- What was there before this migration is due as well.
INSERT INTO vector_spread (source, source_id) VALUES ('catalogue', 0);
