-- Lists: where a track stands on its album, and an index for each sort and filter that is new.

ALTER TABLE tracks ADD COLUMN disc_number INTEGER CHECK (disc_number > 0);
ALTER TABLE tracks ADD COLUMN track_number INTEGER CHECK (track_number > 0);

CREATE INDEX tracks_composer ON tracks (composer COLLATE NOCASE);

CREATE INDEX artists_updated_at ON artists (updated_at);
CREATE INDEX albums_updated_at ON albums (updated_at);
CREATE INDEX genres_updated_at ON genres (updated_at);
CREATE INDEX media_types_updated_at ON media_types (updated_at);
CREATE INDEX playlists_updated_at ON playlists (updated_at);
CREATE INDEX tracks_updated_at ON tracks (updated_at);
CREATE INDEX tracks_genre_updated_at ON tracks (genre_id, updated_at);
