-- What listeners say of the catalogue, and what they look for. `user_id` 0 is the listener of a server without accounts.
-- `kind` is the path that an entity stands under; what is said of it goes with it.

CREATE TABLE favourites (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id   INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('tracks', 'albums', 'artists')),
  entity_id INTEGER NOT NULL,
  added_at  TEXT NOT NULL,
  UNIQUE (user_id, kind, entity_id)
) STRICT;
CREATE INDEX favourites_user ON favourites (user_id, added_at);
CREATE INDEX favourites_entity ON favourites (kind, entity_id);

CREATE TABLE ratings (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id   INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('tracks', 'albums', 'artists')),
  entity_id INTEGER NOT NULL,
  stars     INTEGER NOT NULL CHECK (stars BETWEEN 1 AND 5),
  rated_at  TEXT NOT NULL,
  UNIQUE (user_id, kind, entity_id)
) STRICT;
CREATE INDEX ratings_user ON ratings (user_id, rated_at);
CREATE INDEX ratings_entity ON ratings (kind, entity_id);

-- A comment that was deleted and has replies stays as their place, without its text and its author.
CREATE TABLE comments (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind        TEXT NOT NULL CHECK (kind IN ('tracks', 'albums', 'artists', 'playlists')),
  entity_id   INTEGER NOT NULL,
  parent_id   INTEGER REFERENCES comments (id) ON DELETE CASCADE,
  user_id     INTEGER,
  text        TEXT,
  reply_count INTEGER NOT NULL DEFAULT 0,
  created_at  TEXT NOT NULL,
  edited_at   TEXT,
  version     INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX comments_entity ON comments (kind, entity_id) WHERE parent_id IS NULL;
CREATE INDEX comments_parent ON comments (parent_id);
CREATE INDEX comments_user ON comments (user_id, created_at);

ALTER TABLE tracks ADD COLUMN comment_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE albums ADD COLUMN comment_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE artists ADD COLUMN comment_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE playlists ADD COLUMN comment_count INTEGER NOT NULL DEFAULT 0;

-- Comments as counted, each a row to be written to: what an entity shows has changed, and so has its ETag.
CREATE VIEW comment_counts AS SELECT kind, entity_id, 0 AS change FROM comments;
CREATE TRIGGER comment_counts_change INSTEAD OF INSERT ON comment_counts BEGIN
  UPDATE tracks SET comment_count = comment_count + new.change, version = version + 1
    WHERE new.kind = 'tracks' AND id = new.entity_id;
  UPDATE albums SET comment_count = comment_count + new.change, version = version + 1
    WHERE new.kind = 'albums' AND id = new.entity_id;
  UPDATE artists SET comment_count = comment_count + new.change, version = version + 1
    WHERE new.kind = 'artists' AND id = new.entity_id;
  UPDATE playlists SET comment_count = comment_count + new.change, version = version + 1
    WHERE new.kind = 'playlists' AND id = new.entity_id;
END;
CREATE TRIGGER comments_added AFTER INSERT ON comments BEGIN
  INSERT INTO comment_counts VALUES (new.kind, new.entity_id, 1);
  UPDATE comments SET reply_count = reply_count + 1, version = version + 1 WHERE id = new.parent_id;
END;
CREATE TRIGGER comments_emptied AFTER UPDATE OF text ON comments WHEN old.text IS NOT NULL AND new.text IS NULL BEGIN
  INSERT INTO comment_counts VALUES (new.kind, new.entity_id, -1);
END;
CREATE TRIGGER comments_taken AFTER DELETE ON comments BEGIN
  INSERT INTO comment_counts VALUES (old.kind, old.entity_id, iif(old.text IS NULL, 0, -1));
  UPDATE comments SET reply_count = reply_count - 1, version = version + 1 WHERE id = old.parent_id;
  DELETE FROM comments WHERE id = old.parent_id AND text IS NULL AND reply_count = 0;
END;

-- A search by name: `search` is what it looks for, as JSON.
CREATE TABLE saved_searches (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id    INTEGER NOT NULL,
  name       TEXT NOT NULL,
  search     TEXT NOT NULL,
  visibility TEXT NOT NULL DEFAULT 'private' CHECK (visibility IN ('private', 'public')),
  looked_at  TEXT,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX saved_searches_user ON saved_searches (user_id);

CREATE TRIGGER tracks_library_gone AFTER DELETE ON tracks BEGIN
  DELETE FROM favourites WHERE kind = 'tracks' AND entity_id = old.id;
  DELETE FROM ratings WHERE kind = 'tracks' AND entity_id = old.id;
  DELETE FROM comments WHERE kind = 'tracks' AND entity_id = old.id AND parent_id IS NULL;
END;
CREATE TRIGGER albums_library_gone AFTER DELETE ON albums BEGIN
  DELETE FROM favourites WHERE kind = 'albums' AND entity_id = old.id;
  DELETE FROM ratings WHERE kind = 'albums' AND entity_id = old.id;
  DELETE FROM comments WHERE kind = 'albums' AND entity_id = old.id AND parent_id IS NULL;
END;
CREATE TRIGGER artists_library_gone AFTER DELETE ON artists BEGIN
  DELETE FROM favourites WHERE kind = 'artists' AND entity_id = old.id;
  DELETE FROM ratings WHERE kind = 'artists' AND entity_id = old.id;
  DELETE FROM comments WHERE kind = 'artists' AND entity_id = old.id AND parent_id IS NULL;
END;
CREATE TRIGGER playlists_library_gone AFTER DELETE ON playlists BEGIN
  DELETE FROM comments WHERE kind = 'playlists' AND entity_id = old.id AND parent_id IS NULL;
END;

-- A user who is deleted leaves nothing of it.
CREATE TRIGGER library_of_deleted AFTER UPDATE OF status ON users WHEN new.status = 'deleted' BEGIN
  DELETE FROM favourites WHERE user_id = new.id;
  DELETE FROM ratings WHERE user_id = new.id;
  DELETE FROM saved_searches WHERE user_id = new.id;
  UPDATE comments SET text = NULL, user_id = NULL, edited_at = NULL WHERE user_id = new.id AND reply_count > 0;
  DELETE FROM comments WHERE user_id = new.id;
END;
