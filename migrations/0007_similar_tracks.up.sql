-- What is nearest to each track, worked out beforehand where the catalogue is small enough for that.

CREATE TABLE similar_tracks (
  kind       TEXT NOT NULL CHECK (kind IN ('audio', 'lyric', 'metadata', 'blend')),
  track_id   INTEGER NOT NULL,
  neighbours TEXT NOT NULL, -- [[track_id, similarity], …], nearest first
  PRIMARY KEY (kind, track_id)
) STRICT, WITHOUT ROWID;

-- How often vectors came, went or changed: what was worked out before the last of it is not kept.
CREATE TABLE vector_changes (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  changes INTEGER NOT NULL
) STRICT;
INSERT INTO vector_changes VALUES (1, 0);

-- A vector that comes, goes or changes may be nearer to any track than what was nearest: all rows of its kind are
-- stale. vec0 tables take no triggers; their register sees every change.
CREATE TRIGGER similar_vector_added AFTER INSERT ON vector_queue WHEN new.state = 'completed' BEGIN
  DELETE FROM similar_tracks WHERE kind = new.kind;
  DELETE FROM similar_tracks WHERE kind = 'blend';
  UPDATE vector_changes SET changes = changes + 1;
END;
CREATE TRIGGER similar_vector_changed AFTER UPDATE OF state ON vector_queue
WHEN 'completed' IN (old.state, new.state) BEGIN
  DELETE FROM similar_tracks WHERE kind = new.kind;
  DELETE FROM similar_tracks WHERE kind = 'blend';
  UPDATE vector_changes SET changes = changes + 1;
END;
CREATE TRIGGER similar_vector_deleted AFTER DELETE ON vector_queue BEGIN
  DELETE FROM similar_tracks WHERE kind = old.kind;
  DELETE FROM similar_tracks WHERE kind = 'blend';
  UPDATE vector_changes SET changes = changes + 1;
END;
