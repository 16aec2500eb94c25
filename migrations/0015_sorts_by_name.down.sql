DROP INDEX track_documents_album;
DROP INDEX track_documents_artist;
