-- What else is known of a track, under keys of anybody's choice.
CREATE TABLE track_metadata (
  track_id   INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  key        TEXT NOT NULL,
  type       TEXT NOT NULL CHECK (type IN ('text', 'number', 'boolean', 'date')),
  value      ANY NOT NULL COLLATE NOCASE, -- a boolean is 0 or 1, a date YYYY-MM-DD
  updated_at TEXT NOT NULL,
  PRIMARY KEY (track_id, key)
) STRICT, WITHOUT ROWID;
-- Finds tracks by value, and by ranges of values.
CREATE INDEX track_metadata_value ON track_metadata (key, type, value, track_id);

-- The keys in use, counted as they come and go.
CREATE TABLE metadata_keys (
  key    TEXT NOT NULL,
  type   TEXT NOT NULL,
  tracks INTEGER NOT NULL,
  PRIMARY KEY (key, type)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER track_metadata_added AFTER INSERT ON track_metadata BEGIN
  INSERT INTO metadata_keys VALUES (new.key, new.type, 1) ON CONFLICT DO UPDATE SET tracks = tracks + 1;
END;
CREATE TRIGGER track_metadata_taken AFTER DELETE ON track_metadata BEGIN
  UPDATE metadata_keys SET tracks = tracks - 1 WHERE key = old.key AND type = old.type;
  DELETE FROM metadata_keys WHERE key = old.key AND type = old.type AND tracks = 0;
END;
CREATE TRIGGER track_metadata_retyped AFTER UPDATE OF type ON track_metadata WHEN old.type <> new.type BEGIN
  UPDATE metadata_keys SET tracks = tracks - 1 WHERE key = old.key AND type = old.type;
  DELETE FROM metadata_keys WHERE key = old.key AND type = old.type AND tracks = 0;
  INSERT INTO metadata_keys VALUES (new.key, new.type, 1) ON CONFLICT DO UPDATE SET tracks = tracks + 1;
END;
