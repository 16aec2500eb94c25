-- What tells this database from others whose backups are kept in the same place. It stays the same wherever the file
-- goes, and whatever catalogue is in it.
CREATE TABLE identity (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  value TEXT NOT NULL
) STRICT;
INSERT INTO identity VALUES (1, lower(hex(randomblob(16))));
