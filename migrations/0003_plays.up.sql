-- What was listened to, and the answers kept for repeated requests.

CREATE TABLE plays (
  id        INTEGER PRIMARY KEY,
  track_id  INTEGER NOT NULL REFERENCES tracks (id) ON DELETE CASCADE,
  user_id   INTEGER,
  played_at TEXT NOT NULL
) STRICT;
-- Charts read a window of time and count by track: this index alone answers them.
CREATE INDEX plays_played_at ON plays (played_at, track_id);
CREATE INDEX plays_track ON plays (track_id);
CREATE INDEX plays_user ON plays (user_id, played_at) WHERE user_id IS NOT NULL;

CREATE TABLE idempotency_keys (
  key         TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  body        TEXT,
  etag        TEXT,
  created_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
