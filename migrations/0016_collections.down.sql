DROP TRIGGER playlists_of_deleted;
DROP TRIGGER playlist_tracks_measured;
DROP TRIGGER playlist_tracks_orphaned;
DROP TRIGGER playlist_tracks_taken;
DROP TRIGGER playlist_tracks_added;

-- What was nobody else's business is not made everybody's; a track that is in a playlist twice is in it once.
DELETE FROM playlists WHERE visibility = 'private';
CREATE TABLE playlist_entries (
  playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  added_at TEXT NOT NULL,
  PRIMARY KEY (playlist_id, track_id)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO playlist_entries SELECT playlist_id, track_id, added_at FROM playlist_tracks;
DROP TABLE playlist_tracks;
ALTER TABLE playlist_entries RENAME TO playlist_tracks;
CREATE INDEX playlist_tracks_track ON playlist_tracks (track_id);

DROP INDEX playlists_id;
DROP INDEX playlists_name;
DROP INDEX playlists_updated_at;
DROP INDEX playlists_owner;
ALTER TABLE playlists DROP COLUMN milliseconds;
ALTER TABLE playlists DROP COLUMN track_count;
ALTER TABLE playlists DROP COLUMN allow_duplicates;
ALTER TABLE playlists DROP COLUMN visibility;
ALTER TABLE playlists DROP COLUMN description;
ALTER TABLE playlists DROP COLUMN owner_id;
CREATE INDEX playlists_name ON playlists (name);
CREATE INDEX playlists_updated_at ON playlists (updated_at);
