DROP VIEW audio_vectors;
DROP VIEW lyric_vectors;
DROP VIEW metadata_vectors;
