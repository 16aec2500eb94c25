-- What was listened to, and the answers kept for repeated requests.

-- Plays are a log, and the most frequent write there is. They name their track without a foreign key: enforcing one
-- on a deleted track takes an index by track, and that index alone made every play cost a page of its own in the WAL
-- (a batch of fifty commits in a third of the time without it). A play is checked against the catalogue when it is
-- recorded, ids are never given out twice, and plays of a track that was deleted later count nowhere.
CREATE TABLE plays (
  id        INTEGER PRIMARY KEY,
  track_id  INTEGER NOT NULL,
  user_id   INTEGER,
  played_at TEXT NOT NULL
) STRICT;
-- Charts read a window of time and count by track: this index alone answers them.
CREATE INDEX plays_played_at ON plays (played_at, track_id);
CREATE INDEX plays_user ON plays (user_id, played_at) WHERE user_id IS NOT NULL;

CREATE TABLE idempotency_keys (
  key         TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  body        TEXT,
  etag        TEXT,
  created_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
