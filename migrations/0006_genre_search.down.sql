DROP TRIGGER genres_search_update;
DROP TRIGGER genres_search_delete;
DROP TRIGGER genres_search_insert;
DROP TABLE genres_fts;
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
  genre_name  TEXT
) STRICT;
CREATE VIRTUAL TABLE tracks_fts USING fts5 (
  name, artist_name, album_title, composer, genre_name,
  content = 'track_documents', content_rowid = 'id',
  tokenize = 'porter unicode61 remove_diacritics 2', prefix = '2 3'
);
CREATE VIEW track_documents_wanted AS
  SELECT t.id, t.name, ar.name AS artist_name, al.title AS album_title, t.composer, g.name AS genre_name
  FROM tracks t
  LEFT JOIN albums al ON al.id = t.album_id
  LEFT JOIN artists ar ON ar.id = al.artist_id
  LEFT JOIN genres g ON g.id = t.genre_id;

INSERT INTO track_documents SELECT * FROM track_documents_wanted;
INSERT INTO tracks_fts (tracks_fts) VALUES ('rebuild');

CREATE TRIGGER track_documents_insert AFTER INSERT ON track_documents BEGIN
  INSERT INTO tracks_fts (rowid, name, artist_name, album_title, composer, genre_name)
  VALUES (new.id, new.name, new.artist_name, new.album_title, new.composer, new.genre_name);
END;
CREATE TRIGGER track_documents_delete AFTER DELETE ON track_documents BEGIN
  INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, genre_name)
  VALUES ('delete', old.id, old.name, old.artist_name, old.album_title, old.composer, old.genre_name);
END;
CREATE TRIGGER track_documents_update AFTER UPDATE ON track_documents BEGIN
  INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, genre_name)
  VALUES ('delete', old.id, old.name, old.artist_name, old.album_title, old.composer, old.genre_name);
  INSERT INTO tracks_fts (rowid, name, artist_name, album_title, composer, genre_name)
  VALUES (new.id, new.name, new.artist_name, new.album_title, new.composer, new.genre_name);
END;
CREATE TRIGGER tracks_search_insert AFTER INSERT ON tracks BEGIN
  INSERT INTO track_documents SELECT * FROM track_documents_wanted WHERE id = new.id;
  INSERT INTO search_pending (text) VALUES (concat_ws(' ', new.name, new.composer));
END;
CREATE TRIGGER tracks_search_update AFTER UPDATE OF name, album_id, composer, genre_id ON tracks
WHEN old.name COLLATE BINARY IS NOT new.name OR old.album_id IS NOT new.album_id
  OR old.composer IS NOT new.composer OR old.genre_id IS NOT new.genre_id
BEGIN
  UPDATE track_documents SET (name, artist_name, album_title, composer, genre_name) =
    (SELECT name, artist_name, album_title, composer, genre_name FROM track_documents_wanted WHERE id = new.id)
  WHERE id = new.id;
  INSERT INTO search_pending (text) VALUES (concat_ws(' ', new.name, new.composer));
END;
CREATE TRIGGER genres_search_insert AFTER INSERT ON genres BEGIN
  INSERT INTO search_pending (text) VALUES (new.name);
END;
CREATE TRIGGER genres_search_update AFTER UPDATE OF name ON genres
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  UPDATE track_documents SET genre_name = new.name WHERE id IN (SELECT id FROM tracks WHERE genre_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.name);
END;
