DROP TABLE track_metadata;
DROP TABLE metadata_keys;
