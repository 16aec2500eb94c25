-- What was created, changed and deleted, in the order of the commits: for clients that keep a copy. Triggers note it in
-- the transaction that does it, whichever way it is done. A catalogue that is being loaded notes nothing row by row: at
-- its end one row says that everything is another.
CREATE TABLE changes (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  kind     TEXT NOT NULL,
  id       INTEGER NOT NULL,
  change   TEXT NOT NULL CHECK (change IN ('created', 'changed', 'deleted', 'replaced'))
) STRICT;

CREATE TRIGGER changes_artists_created AFTER INSERT ON artists WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('artists', new.id, 'created');
END;
CREATE TRIGGER changes_artists_changed AFTER UPDATE ON artists WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('artists', new.id, 'changed');
END;
CREATE TRIGGER changes_artists_deleted AFTER DELETE ON artists WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('artists', old.id, 'deleted');
END;
CREATE TRIGGER changes_albums_created AFTER INSERT ON albums WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('albums', new.id, 'created');
END;
CREATE TRIGGER changes_albums_changed AFTER UPDATE ON albums WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('albums', new.id, 'changed');
END;
CREATE TRIGGER changes_albums_deleted AFTER DELETE ON albums WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('albums', old.id, 'deleted');
END;
CREATE TRIGGER changes_tracks_created AFTER INSERT ON tracks WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('tracks', new.id, 'created');
END;
CREATE TRIGGER changes_tracks_changed AFTER UPDATE ON tracks WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('tracks', new.id, 'changed');
END;
CREATE TRIGGER changes_tracks_deleted AFTER DELETE ON tracks WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('tracks', old.id, 'deleted');
END;
CREATE TRIGGER changes_genres_created AFTER INSERT ON genres WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('genres', new.id, 'created');
END;
CREATE TRIGGER changes_genres_changed AFTER UPDATE ON genres WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('genres', new.id, 'changed');
END;
CREATE TRIGGER changes_genres_deleted AFTER DELETE ON genres WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('genres', old.id, 'deleted');
END;
CREATE TRIGGER changes_media_types_created AFTER INSERT ON media_types WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('media-types', new.id, 'created');
END;
CREATE TRIGGER changes_media_types_changed AFTER UPDATE ON media_types WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('media-types', new.id, 'changed');
END;
CREATE TRIGGER changes_media_types_deleted AFTER DELETE ON media_types WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('media-types', old.id, 'deleted');
END;
CREATE TRIGGER changes_playlists_created AFTER INSERT ON playlists WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('playlists', new.id, 'created');
END;
CREATE TRIGGER changes_playlists_changed AFTER UPDATE ON playlists WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('playlists', new.id, 'changed');
END;
CREATE TRIGGER changes_playlists_deleted AFTER DELETE ON playlists WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('playlists', old.id, 'deleted');
END;

-- A playlist changes with its entries; once is enough where it was the last that changed.
CREATE TRIGGER changes_playlist_entry_added AFTER INSERT ON playlist_tracks WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) SELECT 'playlists', new.playlist_id, 'changed' WHERE NOT EXISTS (
    SELECT 1 FROM changes WHERE position = (SELECT max(position) FROM changes)
      AND kind = 'playlists' AND id = new.playlist_id);
END;
CREATE TRIGGER changes_playlist_entry_removed AFTER DELETE ON playlist_tracks WHEN (SELECT value FROM meta WHERE key = 'source') IS NOT 'loading' BEGIN
  INSERT INTO changes (kind, id, change) SELECT 'playlists', old.playlist_id, 'changed' WHERE NOT EXISTS (
    SELECT 1 FROM changes WHERE position = (SELECT max(position) FROM changes)
      AND kind = 'playlists' AND id = old.playlist_id);
END;

CREATE TRIGGER changes_loaded AFTER UPDATE OF value ON meta
WHEN new.key = 'source' AND old.value = 'loading' AND new.value <> 'loading' BEGIN
  INSERT INTO changes (kind, id, change) VALUES ('catalogue', 0, 'replaced');
END;

-- What is there already: nobody saw it come.
INSERT INTO changes (kind, id, change) SELECT 'catalogue', 0, 'replaced' WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'source');
