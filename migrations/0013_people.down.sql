-- Plays keep the numbers of their listeners.
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
  key         TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  body        TEXT,
  etag        TEXT,
  created_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
DROP TRIGGER plays_listener;
DROP TRIGGER customers_listener;
DROP TRIGGER customers_gone;
DROP TABLE audit;
DROP TABLE identities;
DROP TABLE one_time_tokens;
DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE users;
