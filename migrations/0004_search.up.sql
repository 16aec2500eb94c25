-- Search: tags, the text index over tracks, the vocabulary that typos are corrected with, suggestions, statistics.

CREATE TABLE tags (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE track_tags (
  track_id INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  tag_id   INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  added_at TEXT NOT NULL,
  PRIMARY KEY (track_id, tag_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX track_tags_tag ON track_tags (tag_id, track_id);

-- What a track is found by, under the track's id. Kept by the triggers below and by nothing else. It repeats the
-- names because an external-content index must be told the old text of what it forgets.
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

-- The documents as they should be: what the triggers keep, a rebuild writes and a validation compares with.
CREATE VIEW track_documents_wanted AS
  SELECT t.id, t.name, ar.name AS artist_name, al.title AS album_title, t.composer, g.name AS genre_name
  FROM tracks t
  LEFT JOIN albums al ON al.id = t.album_id
  LEFT JOIN artists ar ON ar.id = al.artist_id
  LEFT JOIN genres g ON g.id = t.genre_id;

-- The vocabulary: every word of the catalogue as the tokenizer folds it, but not stemmed, and its trigrams, padded
-- so that the beginning and the end of a word count. Triggers only note the texts: their words are learnt a slice
-- at a time (src/main/search/vocabulary.ts), since taking a text apart for each row would double the cost of a load.
CREATE TABLE search_pending (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE search_words (id INTEGER PRIMARY KEY, word TEXT NOT NULL UNIQUE) STRICT;
CREATE VIRTUAL TABLE search_trigrams USING fts5 (padded, content = '', tokenize = 'trigram');
CREATE TRIGGER search_words_insert AFTER INSERT ON search_words BEGIN
  INSERT INTO search_trigrams (rowid, padded) VALUES (new.id, '  ' || new.word || ' ');
END;
CREATE VIRTUAL TABLE search_scratch USING fts5 (
  text, content = '', tokenize = 'unicode61 remove_diacritics 2', detail = none, columnsize = 0
);
CREATE VIRTUAL TABLE search_scratch_words USING fts5vocab (search_scratch, row);

-- The catalogue tells. Comparisons are binary: names collate NOCASE, and a change of case is a change.
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
CREATE TRIGGER tracks_search_delete AFTER DELETE ON tracks BEGIN
  DELETE FROM track_documents WHERE id = old.id;
END;

CREATE TRIGGER albums_search_insert AFTER INSERT ON albums BEGIN
  INSERT INTO search_pending (text) VALUES (new.title);
END;
CREATE TRIGGER albums_search_update AFTER UPDATE OF title, artist_id ON albums
WHEN old.title COLLATE BINARY IS NOT new.title OR old.artist_id IS NOT new.artist_id
BEGIN
  UPDATE track_documents SET album_title = new.title,
    artist_name = (SELECT name FROM artists WHERE id = new.artist_id)
  WHERE id IN (SELECT id FROM tracks WHERE album_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.title);
END;

CREATE TRIGGER artists_search_insert AFTER INSERT ON artists BEGIN
  INSERT INTO search_pending (text) VALUES (new.name);
END;
CREATE TRIGGER artists_search_update AFTER UPDATE OF name ON artists
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  UPDATE track_documents SET artist_name = new.name
  WHERE id IN (SELECT t.id FROM albums al JOIN tracks t ON t.album_id = al.id WHERE al.artist_id = new.id);
  INSERT INTO search_pending (text) VALUES (new.name);
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

-- Names worth suggesting, written anew now and then: the id is the rank, so the first found are the most popular.
CREATE TABLE suggestions (
  id        INTEGER PRIMARY KEY,
  kind      TEXT NOT NULL CHECK (kind IN ('artist', 'album', 'track')),
  entity_id INTEGER NOT NULL,
  name      TEXT NOT NULL
) STRICT;
CREATE VIRTUAL TABLE suggestions_fts USING fts5 (
  name, content = 'suggestions', content_rowid = 'id',
  tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3', detail = column
);

-- How often a text was searched for, by day.
CREATE TABLE search_statistics (
  day      TEXT NOT NULL, -- YYYY-MM-DD
  query    TEXT NOT NULL,
  searches INTEGER NOT NULL,
  PRIMARY KEY (day, query)
) STRICT, WITHOUT ROWID;

-- What is there already.
INSERT INTO track_documents SELECT * FROM track_documents_wanted;
INSERT INTO search_scratch (rowid, text) SELECT row_number() OVER (), text FROM (
  SELECT name AS text FROM artists UNION ALL SELECT title FROM albums UNION ALL SELECT name FROM genres
  UNION ALL SELECT concat_ws(' ', name, composer) FROM tracks);
INSERT INTO search_words (word) SELECT term FROM search_scratch_words WHERE length(term) BETWEEN 2 AND 40;
INSERT INTO search_scratch (search_scratch) VALUES ('delete-all');
