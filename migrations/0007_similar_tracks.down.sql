DROP TRIGGER similar_vector_deleted;
DROP TRIGGER similar_vector_changed;
DROP TRIGGER similar_vector_added;
DROP TABLE vector_changes;
DROP TABLE similar_tracks;
