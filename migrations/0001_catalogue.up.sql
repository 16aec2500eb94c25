-- The catalogue. Conventions:
--   * times are RFC 3339 UTC text with milliseconds; money is integer cents;
--   * `version` counts the updates of a row and is part of its ETag;
--   * AUTOINCREMENT: the id of a deleted row is never given out again;
--   * names collate NOCASE, so that sorting and its index agree with a reader's eye.

CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE artists (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT NOT NULL UNIQUE,
  slug       TEXT NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX artists_name ON artists (name);
CREATE INDEX artists_slug ON artists (slug);

CREATE TABLE albums (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id    TEXT NOT NULL UNIQUE,
  slug         TEXT NOT NULL,
  title        TEXT NOT NULL COLLATE NOCASE,
  artist_id    INTEGER NOT NULL REFERENCES artists (id),
  release_date TEXT, -- YYYY-MM-DD
  version      INTEGER NOT NULL DEFAULT 1,
  created_at   TEXT NOT NULL,
  updated_at   TEXT NOT NULL
) STRICT;
CREATE INDEX albums_title ON albums (title);
CREATE INDEX albums_slug ON albums (slug);
CREATE INDEX albums_artist ON albums (artist_id);
CREATE INDEX albums_release_date ON albums (coalesce(release_date, ''));

CREATE TABLE genres (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT NOT NULL UNIQUE,
  slug       TEXT NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX genres_name ON genres (name);
CREATE INDEX genres_slug ON genres (slug);

CREATE TABLE media_types (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT NOT NULL UNIQUE,
  slug       TEXT NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX media_types_name ON media_types (name);
CREATE INDEX media_types_slug ON media_types (slug);

CREATE TABLE tracks (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id        TEXT NOT NULL UNIQUE,
  slug             TEXT NOT NULL,
  name             TEXT NOT NULL COLLATE NOCASE,
  album_id         INTEGER REFERENCES albums (id),
  media_type_id    INTEGER NOT NULL REFERENCES media_types (id),
  genre_id         INTEGER REFERENCES genres (id),
  composer         TEXT,
  milliseconds     INTEGER NOT NULL CHECK (milliseconds >= 0),
  bytes            INTEGER CHECK (bytes >= 0),
  unit_price_cents INTEGER NOT NULL CHECK (unit_price_cents >= 0),
  version          INTEGER NOT NULL DEFAULT 1,
  created_at       TEXT NOT NULL,
  updated_at       TEXT NOT NULL
) STRICT;
CREATE INDEX tracks_name ON tracks (name);
CREATE INDEX tracks_slug ON tracks (slug);
CREATE INDEX tracks_milliseconds ON tracks (milliseconds);
CREATE INDEX tracks_unit_price ON tracks (unit_price_cents);
CREATE INDEX tracks_album ON tracks (album_id);
CREATE INDEX tracks_media_type ON tracks (media_type_id);
-- A genre can hold a third of the catalogue: each sort needs its own index within it.
CREATE INDEX tracks_genre_name ON tracks (genre_id, name);
CREATE INDEX tracks_genre_milliseconds ON tracks (genre_id, milliseconds);
CREATE INDEX tracks_genre_unit_price ON tracks (genre_id, unit_price_cents);
CREATE INDEX tracks_genre ON tracks (genre_id);

CREATE TABLE playlists (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  public_id  TEXT NOT NULL UNIQUE,
  slug       TEXT NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  version    INTEGER NOT NULL DEFAULT 1,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX playlists_name ON playlists (name);
CREATE INDEX playlists_slug ON playlists (slug);

CREATE TABLE playlist_tracks (
  playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
  track_id    INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  added_at    TEXT NOT NULL,
  PRIMARY KEY (playlist_id, track_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX playlist_tracks_track ON playlist_tracks (track_id);
