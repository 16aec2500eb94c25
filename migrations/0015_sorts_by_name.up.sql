-- Tracks in the order of their artists' and albums' names, which their documents repeat; those without one come first.
CREATE INDEX track_documents_artist ON track_documents (coalesce(artist_name, '') COLLATE NOCASE);
CREATE INDEX track_documents_album ON track_documents (coalesce(album_title, '') COLLATE NOCASE);
