DROP TABLE playlist_tracks;
DROP TABLE playlists;
DROP TABLE tracks;
DROP TABLE media_types;
DROP TABLE genres;
DROP TABLE albums;
DROP TABLE artists;
DROP TABLE meta;
