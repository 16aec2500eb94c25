DROP TABLE track_popularity;
DROP TRIGGER search_stems_insert;
DROP TABLE search_stems;
DROP TRIGGER albums_search_update;
DROP TRIGGER artists_search_update;
DROP TRIGGER tracks_search_update;
DROP TRIGGER tracks_search_insert;
DROP VIEW track_documents_wanted;
DROP TABLE tracks_fts;
DROP TABLE track_documents;

CREATE TABLE track_documents (
  id          INTEGER PRIMARY KEY,
  name        TEXT NOT NULL,
  artist_name TEXT,
  album_title TEXT,
  composer    TEXT,
  genre       TEXT -- char(57344) and the genre's id
) STRICT;

CREATE VIRTUAL TABLE tracks_fts USING fts5 (
  name, artist_name, album_title, composer, genre,
  content = 'track_documents', content_rowid = 'id',
  tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE VIEW track_documents_wanted AS
  SELECT t.id, t.name, ar.name AS artist_name, al.title AS album_title, t.composer,
    char(57344) || t.genre_id AS genre
  FROM tracks t
  LEFT JOIN albums al ON al.id = t.album_id
  LEFT JOIN artists ar ON ar.id = al.artist_id;

INSERT INTO track_documents SELECT * FROM track_documents_wanted;
INSERT INTO tracks_fts (tracks_fts) VALUES ('rebuild');

CREATE TRIGGER track_documents_insert AFTER INSERT ON track_documents BEGIN
  INSERT INTO tracks_fts (rowid, name, artist_name, album_title, composer, genre)
  VALUES (new.id, new.name, new.artist_name, new.album_title, new.composer, new.genre);
END;
CREATE TRIGGER track_documents_delete AFTER DELETE ON track_documents BEGIN
  INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, genre)
  VALUES ('delete', old.id, old.name, old.artist_name, old.album_title, old.composer, old.genre);
END;
CREATE TRIGGER track_documents_update AFTER UPDATE ON track_documents BEGIN
  INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, genre)
  VALUES ('delete', old.id, old.name, old.artist_name, old.album_title, old.composer, old.genre);
  INSERT INTO tracks_fts (rowid, name, artist_name, album_title, composer, genre)
  VALUES (new.id, new.name, new.artist_name, new.album_title, new.composer, new.genre);
END;

CREATE TRIGGER tracks_search_insert AFTER INSERT ON tracks BEGIN
  INSERT INTO track_documents SELECT * FROM track_documents_wanted WHERE id = new.id;
  INSERT INTO search_pending (text) VALUES (concat_ws(' ', new.name, new.composer));
END;
CREATE TRIGGER tracks_search_update AFTER UPDATE OF name, album_id, composer, genre_id ON tracks
WHEN old.name COLLATE BINARY IS NOT new.name OR old.album_id IS NOT new.album_id
  OR old.composer IS NOT new.composer OR old.genre_id IS NOT new.genre_id
BEGIN
  UPDATE track_documents SET (name, artist_name, album_title, composer, genre) =
    (SELECT name, artist_name, album_title, composer, genre FROM track_documents_wanted WHERE id = new.id)
  WHERE id = new.id;
  INSERT INTO search_pending (text) VALUES (concat_ws(' ', new.name, new.composer));
END;

CREATE TRIGGER albums_search_update AFTER UPDATE OF title, artist_id ON albums
WHEN old.title COLLATE BINARY IS NOT new.title OR old.artist_id IS NOT new.artist_id
BEGIN
  UPDATE track_documents SET album_title = new.title,
    artist_name = (SELECT name FROM artists WHERE id = new.artist_id)
  WHERE id IN (SELECT id FROM tracks WHERE album_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.title);
END;
CREATE TRIGGER artists_search_update AFTER UPDATE OF name ON artists
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  UPDATE track_documents SET artist_name = new.name
  WHERE id IN (SELECT t.id FROM albums al JOIN tracks t ON t.album_id = al.id WHERE al.artist_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.name);
END;
