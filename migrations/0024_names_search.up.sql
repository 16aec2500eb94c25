-- Artists, albums and playlists are found by their names, and albums by their artists', too. A row's id says what it is
-- of: four times the entity's id, and 1 for an artist, 2 for an album, 3 for a playlist. `aliases` writes a name
-- without its signs, in one word, and with its "and" in full, as the documents of tracks do. Of playlists only public
-- ones are found. Words are learnt of those that nobody owns: a person's words go with the person.

CREATE VIRTUAL TABLE names_fts USING fts5 (
  name, artist_name, aliases,
  content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

CREATE VIEW names AS
  SELECT 1 AS kind, id, name, NULL AS artist_name FROM artists
  UNION ALL SELECT 2, al.id, al.title, ar.name FROM albums al JOIN artists ar ON ar.id = al.artist_id
  UNION ALL SELECT 3, id, name, NULL FROM playlists WHERE visibility = 'public';

CREATE VIEW names_wanted AS
  SELECT kind, id, 4 * id + kind AS document, name, artist_name,
    iif(whole GLOB '*[ ''’./&-]*' AND length(whole) <= 300, concat_ws(' ',
      replace(replace(replace(replace(replace(replace(whole, '’', ''), '''', ''), '.', ''), '/', ''), '&', ''), '-', ''),
      iif(length(name) <= 40,
        replace(replace(replace(replace(replace(replace(replace(name, '’', ''), ' ', ''), '''', ''), '.', ''), '/', ''), '&', ''), '-', ''), NULL),
      iif(whole LIKE '% n%' OR instr(whole, '&'), 'and', NULL)), NULL) AS aliases
  FROM (SELECT *, concat_ws(' ', name, artist_name) AS whole FROM names);

INSERT INTO names_fts (rowid, name, artist_name, aliases) SELECT document, name, artist_name, aliases FROM names_wanted;

CREATE TRIGGER artists_names_insert AFTER INSERT ON artists BEGIN
  INSERT INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted WHERE kind = 1 AND id = new.id;
END;
CREATE TRIGGER artists_names_update AFTER UPDATE OF name ON artists
WHEN old.name COLLATE BINARY IS NOT new.name
BEGIN
  INSERT OR REPLACE INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted WHERE kind = 1 AND id = new.id;
  INSERT OR REPLACE INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted
    WHERE kind = 2 AND id IN (SELECT id FROM albums WHERE artist_id = new.id);
END;
CREATE TRIGGER artists_names_delete AFTER DELETE ON artists BEGIN
  DELETE FROM names_fts WHERE rowid = 4 * old.id + 1;
END;
CREATE TRIGGER albums_names_insert AFTER INSERT ON albums BEGIN
  INSERT INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted WHERE kind = 2 AND id = new.id;
END;
CREATE TRIGGER albums_names_update AFTER UPDATE OF title, artist_id ON albums
WHEN old.title COLLATE BINARY IS NOT new.title OR old.artist_id IS NOT new.artist_id
BEGIN
  INSERT OR REPLACE INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted WHERE kind = 2 AND id = new.id;
END;
CREATE TRIGGER albums_names_delete AFTER DELETE ON albums BEGIN
  DELETE FROM names_fts WHERE rowid = 4 * old.id + 2;
END;
CREATE TRIGGER playlists_names_insert AFTER INSERT ON playlists BEGIN
  INSERT INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted WHERE kind = 3 AND id = new.id;
  INSERT INTO search_pending (text) SELECT new.name WHERE new.visibility = 'public' AND new.owner_id IS NULL;
END;
CREATE TRIGGER playlists_names_update AFTER UPDATE OF name, visibility ON playlists
WHEN old.name COLLATE BINARY IS NOT new.name OR old.visibility IS NOT new.visibility
BEGIN
  DELETE FROM names_fts WHERE rowid = 4 * old.id + 3;
  INSERT INTO names_fts (rowid, name, artist_name, aliases)
    SELECT document, name, artist_name, aliases FROM names_wanted WHERE kind = 3 AND id = new.id;
  INSERT INTO search_pending (text) SELECT new.name WHERE new.visibility = 'public' AND new.owner_id IS NULL;
END;
CREATE TRIGGER playlists_names_delete AFTER DELETE ON playlists BEGIN
  DELETE FROM names_fts WHERE rowid = 4 * old.id + 3;
END;
INSERT INTO search_scratch (rowid, text) SELECT id, name FROM playlists
WHERE visibility = 'public' AND owner_id IS NULL;
INSERT INTO search_words (word) SELECT term FROM search_scratch_words WHERE length(term) BETWEEN 2 AND 40
ON CONFLICT DO NOTHING;
INSERT INTO search_scratch (search_scratch) VALUES ('delete-all');

-- Among names that are alike the popular ones come first.
CREATE INDEX suggestions_entity ON suggestions (entity_id, kind);
