-- The index of tracks holds words as they are written, no longer their stems: the exact form comes first, a word that
-- is only begun is found however its ending would be cut, and the stems of a search's words are looked up in the
-- vocabulary instead (`search_stems`).
--
-- `aliases` are other ways to write what the names hold: `dont` for "Don't", `acdc` for "AC/DC", `rem` for "R.E.M.",
-- `and` for "&" and "N'", `of` for "O'", `rocking` for "Rockin'", and an artist's name in one word.

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
  aliases     TEXT, -- other ways to write words of the names
  genre       TEXT  -- char(57344) and the genre's id
) STRICT;

CREATE VIRTUAL TABLE tracks_fts USING fts5 (
  name, artist_name, album_title, composer, aliases, genre,
  content = 'track_documents', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

-- Aliases are made of what stands between blanks. JSON takes a text apart: its blanks become what separates the
-- members of an array. `core` is a piece without the signs around it, and a sign within it is one that may be missing.
CREATE VIEW track_documents_wanted AS
  SELECT t.id, t.name, ar.name AS artist_name, al.title AS album_title, t.composer,
    nullif(concat_ws(' ',
      iif(concat_ws(' ', t.name, ar.name, al.title) GLOB '*[''’./&-]*'
          OR concat_ws(' ', t.name, ar.name, al.title) LIKE '% n %', (
        SELECT group_concat(CASE
            WHEN piece IN ('&', 'n', 'n''', '''n', '''n''') THEN 'and'
            WHEN piece = 'o''' THEN 'of'
            WHEN piece LIKE '%__in''' THEN substr(piece, 1, length(piece) - 1) || 'g'
            WHEN core GLOB '*[''./&-]*' THEN concat_ws(' ', replace(replace(replace(replace(replace(core, '''', ''), '.', ''), '/', ''), '&', ''), '-', ''),
              iif(instr(core, '&'), replace(core, '&', ' and '), NULL)) END, ' ')
        FROM (SELECT piece, trim(piece, '''./&-') AS core
          FROM (SELECT trim(replace(lower(value), '’', ''''), '"(),[]!?:;') AS piece
            FROM json_each('[' || replace(json_quote(concat_ws(' ', t.name, ar.name, al.title)), ' ', '","') || ']')))
        WHERE piece = 'n' OR piece GLOB '*[''./&-]*'), NULL),
      iif(length(ar.name) <= 40 AND instr(ar.name, ' '),
        replace(replace(replace(replace(replace(replace(replace(ar.name, '’', ''), ' ', ''), '''', ''), '.', ''), '/', ''), '&', ''), '-', ''), NULL)), '') AS aliases,
    char(57344) || t.genre_id AS genre
  FROM tracks t
  LEFT JOIN albums al ON al.id = t.album_id
  LEFT JOIN artists ar ON ar.id = al.artist_id;

INSERT INTO track_documents SELECT * FROM track_documents_wanted;
INSERT INTO tracks_fts (tracks_fts) VALUES ('rebuild');

CREATE TRIGGER track_documents_insert AFTER INSERT ON track_documents BEGIN
  INSERT INTO tracks_fts (rowid, name, artist_name, album_title, composer, aliases, genre)
  VALUES (new.id, new.name, new.artist_name, new.album_title, new.composer, new.aliases, new.genre);
END;
CREATE TRIGGER track_documents_delete AFTER DELETE ON track_documents BEGIN
  INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, aliases, genre)
  VALUES ('delete', old.id, old.name, old.artist_name, old.album_title, old.composer, old.aliases, old.genre);
END;
CREATE TRIGGER track_documents_update AFTER UPDATE ON track_documents BEGIN
  INSERT INTO tracks_fts (tracks_fts, rowid, name, artist_name, album_title, composer, aliases, genre)
  VALUES ('delete', old.id, old.name, old.artist_name, old.album_title, old.composer, old.aliases, old.genre);
  INSERT INTO tracks_fts (rowid, name, artist_name, album_title, composer, aliases, genre)
  VALUES (new.id, new.name, new.artist_name, new.album_title, new.composer, new.aliases, new.genre);
END;

CREATE TRIGGER tracks_search_insert AFTER INSERT ON tracks BEGIN
  INSERT INTO track_documents SELECT * FROM track_documents_wanted WHERE id = new.id;
  INSERT INTO search_pending (text) VALUES (concat_ws(' ', new.name, new.composer));
END;
CREATE TRIGGER tracks_search_update AFTER UPDATE OF name, album_id, composer, genre_id ON tracks
WHEN old.name COLLATE BINARY IS NOT new.name OR old.album_id IS NOT new.album_id
  OR old.composer IS NOT new.composer OR old.genre_id IS NOT new.genre_id
BEGIN
  UPDATE track_documents SET (name, artist_name, album_title, composer, aliases, genre) =
    (SELECT name, artist_name, album_title, composer, aliases, genre FROM track_documents_wanted WHERE id = new.id)
  WHERE id = new.id;
  INSERT INTO search_pending (text) VALUES (concat_ws(' ', new.name, new.composer));
END;

CREATE TRIGGER albums_search_update AFTER UPDATE OF title, artist_id ON albums
WHEN old.title COLLATE BINARY IS NOT new.title OR old.artist_id IS NOT new.artist_id
BEGIN
  UPDATE track_documents SET (artist_name, album_title, aliases) =
    (SELECT artist_name, album_title, aliases FROM track_documents_wanted w WHERE w.id = track_documents.id)
  WHERE id IN (SELECT id FROM tracks WHERE album_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.title);
END;
CREATE TRIGGER artists_search_update AFTER UPDATE OF name ON artists
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  UPDATE track_documents SET (artist_name, aliases) =
    (SELECT artist_name, aliases FROM track_documents_wanted w WHERE w.id = track_documents.id)
  WHERE id IN (SELECT t.id FROM albums al JOIN tracks t ON t.album_id = al.id WHERE al.artist_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.name);
END;

-- Which words of the vocabulary share a stem.
CREATE VIRTUAL TABLE search_stems USING fts5 (
  word, content = '', tokenize = 'porter unicode61 remove_diacritics 2', columnsize = 0
);
INSERT INTO search_stems (rowid, word) SELECT id, word FROM search_words;
CREATE TRIGGER search_stems_insert AFTER INSERT ON search_words BEGIN
  INSERT INTO search_stems (rowid, word) VALUES (new.id, new.word);
END;

-- What is played and bought, from 0 to 1: the order among hits that are otherwise alike. Written anew now and then.
CREATE TABLE track_popularity (
  track_id   INTEGER PRIMARY KEY,
  popularity REAL NOT NULL
) STRICT;
