-- vec0 tables know no upsert, and find a row only by `=`: a DELETE with IN walks all their vectors, so that storing a
-- slice of sixty-four took the longer the more there were. Writing to these views replaces one vector at a time, each
-- found by its key. An empty embedding takes the vector away.

CREATE VIEW audio_vectors AS SELECT track_id, embedding FROM vectors_audio;
CREATE TRIGGER audio_vectors_put INSTEAD OF INSERT ON audio_vectors BEGIN
  DELETE FROM vectors_audio WHERE track_id = new.track_id;
  INSERT INTO vectors_audio (track_id, embedding)
    SELECT new.track_id, new.embedding WHERE length(new.embedding) > 0;
END;

CREATE VIEW lyric_vectors AS SELECT track_id, embedding FROM vectors_lyric;
CREATE TRIGGER lyric_vectors_put INSTEAD OF INSERT ON lyric_vectors BEGIN
  DELETE FROM vectors_lyric WHERE track_id = new.track_id;
  INSERT INTO vectors_lyric (track_id, embedding)
    SELECT new.track_id, new.embedding WHERE length(new.embedding) > 0;
END;

CREATE VIEW metadata_vectors AS SELECT track_id, embedding FROM vectors_metadata;
CREATE TRIGGER metadata_vectors_put INSTEAD OF INSERT ON metadata_vectors BEGIN
  DELETE FROM vectors_metadata WHERE track_id = new.track_id;
  INSERT INTO vectors_metadata (track_id, embedding)
    SELECT new.track_id, new.embedding WHERE length(new.embedding) > 0;
END;
