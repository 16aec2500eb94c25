-- Playlists become collections: an owner, who may see them, an order, how many tracks and how long.

-- Null owns what was imported or generated, and what is made on a server without accounts.
ALTER TABLE playlists ADD COLUMN owner_id INTEGER;
ALTER TABLE playlists ADD COLUMN description TEXT;
ALTER TABLE playlists ADD COLUMN visibility TEXT NOT NULL DEFAULT 'public'
  CHECK (visibility IN ('private', 'unlisted', 'public'));
ALTER TABLE playlists ADD COLUMN allow_duplicates INTEGER NOT NULL DEFAULT 0 CHECK (allow_duplicates IN (0, 1));
-- Kept by the triggers below.
ALTER TABLE playlists ADD COLUMN track_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE playlists ADD COLUMN milliseconds INTEGER NOT NULL DEFAULT 0;

CREATE INDEX playlists_owner ON playlists (owner_id);
-- Lists show public ones alone, and walk past no other.
DROP INDEX playlists_name;
DROP INDEX playlists_updated_at;
CREATE INDEX playlists_id ON playlists (id) WHERE visibility = 'public';
CREATE INDEX playlists_name ON playlists (name) WHERE visibility = 'public';
CREATE INDEX playlists_updated_at ON playlists (updated_at) WHERE visibility = 'public';

-- An entry has a number of its own, since a track may be in a playlist twice. Positions are 2^20 apart: an entry that
-- moves takes the middle between its neighbours, and only where there is none left are all of them numbered anew.
CREATE TABLE playlist_entries (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
  track_id    INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  position    INTEGER NOT NULL DEFAULT 0,
  added_at    TEXT NOT NULL
) STRICT;
INSERT INTO playlist_entries (playlist_id, track_id, position, added_at)
  SELECT playlist_id, track_id, row_number() OVER (PARTITION BY playlist_id ORDER BY track_id) * 1048576, added_at
  FROM playlist_tracks ORDER BY playlist_id, track_id;
DROP TABLE playlist_tracks;
ALTER TABLE playlist_entries RENAME TO playlist_tracks;
CREATE INDEX playlist_tracks_position ON playlist_tracks (playlist_id, position);
CREATE INDEX playlist_tracks_track ON playlist_tracks (track_id, playlist_id);

UPDATE playlists SET (track_count, milliseconds) =
  (SELECT count(*), coalesce(sum(t.milliseconds), 0)
   FROM playlist_tracks p JOIN tracks t ON t.id = p.track_id WHERE p.playlist_id = playlists.id);

-- What a playlist shows has changed, and so has its ETag, whichever way an entry comes or goes.
CREATE TRIGGER playlist_tracks_added AFTER INSERT ON playlist_tracks BEGIN
  UPDATE playlists SET version = version + 1, track_count = track_count + 1,
    milliseconds = milliseconds + (SELECT milliseconds FROM tracks WHERE id = new.track_id)
  WHERE id = new.playlist_id;
END;
CREATE TRIGGER playlist_tracks_taken AFTER DELETE ON playlist_tracks BEGIN
  UPDATE playlists SET version = version + 1, track_count = track_count - 1,
    milliseconds = milliseconds - (SELECT milliseconds FROM tracks WHERE id = old.track_id)
  WHERE id = old.playlist_id;
END;
-- While the track is still there to be subtracted; its foreign key would come too late.
CREATE TRIGGER playlist_tracks_orphaned BEFORE DELETE ON tracks BEGIN
  DELETE FROM playlist_tracks WHERE track_id = old.id;
END;
CREATE TRIGGER playlist_tracks_measured AFTER UPDATE OF milliseconds ON tracks
WHEN old.milliseconds <> new.milliseconds BEGIN
  UPDATE playlists SET version = version + 1, milliseconds = milliseconds + (new.milliseconds - old.milliseconds) *
    (SELECT count(*) FROM playlist_tracks WHERE track_id = new.id AND playlist_id = playlists.id)
  WHERE id IN (SELECT playlist_id FROM playlist_tracks WHERE track_id = new.id);
END;

-- A user who is deleted takes their playlists along.
CREATE TRIGGER playlists_of_deleted AFTER UPDATE OF status ON users WHEN new.status = 'deleted' BEGIN
  DELETE FROM playlists WHERE owner_id = new.id;
END;
