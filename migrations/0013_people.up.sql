-- Who asks: users, their sessions and keys, links that work once, and what was done by whom.

-- A user without an e-mail address is a listener without an account: plays name one, nobody can log in as one.
-- Accounts are numbered from 1,000,001, so that the listeners of catalogues that are loaded later keep their numbers.
-- A deleted user leaves nothing but its number, which is never given out again.
CREATE TABLE users (
  id                INTEGER PRIMARY KEY,
  email             TEXT,
  email_key         TEXT UNIQUE, -- the address as it is compared: without case
  email_verified_at TEXT,
  name              TEXT,
  role              TEXT NOT NULL DEFAULT 'listener' CHECK (role IN ('listener', 'editor', 'admin')),
  status            TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'deleted')),
  password          TEXT, -- argon2id, as a PHC string
  customer_id       INTEGER,
  created_at        TEXT NOT NULL,
  updated_at        TEXT NOT NULL,
  version           INTEGER NOT NULL DEFAULT 1
) STRICT;

-- Of every secret its SHA-256 alone is kept: it is as long and as random as the secret, so a fast hash will do.
CREATE TABLE sessions (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash   TEXT NOT NULL UNIQUE,
  device       TEXT,
  address      TEXT,
  created_at   TEXT NOT NULL,
  last_seen_at TEXT NOT NULL,
  expires_at   TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE api_keys (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name            TEXT NOT NULL,
  secret_hash     TEXT NOT NULL,
  scopes          TEXT NOT NULL, -- a JSON array
  rate_per_minute INTEGER,       -- null: as settings say
  created_at      TEXT NOT NULL,
  expires_at      TEXT,
  last_used_at    TEXT
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id);

-- Links in mails, and the link that the first start prints.
CREATE TABLE one_time_tokens (
  token_hash TEXT PRIMARY KEY,
  purpose    TEXT NOT NULL CHECK (purpose IN ('reset', 'verify', 'setup')),
  user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE,
  email      TEXT, -- the address that a click verifies
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX one_time_tokens_user ON one_time_tokens (user_id);

-- Accounts elsewhere (OpenID Connect) that a user logs in with.
CREATE TABLE identities (
  provider   TEXT NOT NULL,
  subject    TEXT NOT NULL,
  user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at TEXT NOT NULL,
  PRIMARY KEY (provider, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_user ON identities (user_id);

-- Without a rowid, so that writing an entry leaves last_insert_rowid() to the command that it is about. No index but
-- the key: each would cost every audited write, and the audit is read by few, from its end.
CREATE TABLE audit (
  id         INTEGER PRIMARY KEY,
  at         TEXT NOT NULL,
  principal  TEXT NOT NULL,
  credential TEXT,
  address    TEXT,
  request_id TEXT,
  command    TEXT NOT NULL,
  object     TEXT,
  changes    TEXT -- {"field": [old, new], …}
) STRICT, WITHOUT ROWID;

-- Who listened becomes a user: of the customer of the same number, where there is one.
INSERT INTO users (id, customer_id, created_at, updated_at)
SELECT l.id, c.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
FROM (SELECT DISTINCT user_id AS id FROM plays WHERE user_id IS NOT NULL UNION SELECT id FROM customers) l
LEFT JOIN customers c ON c.id = l.id;

-- And so it stays, whichever way plays and customers come in: one by one, by the thousand, or with a catalogue.
CREATE TRIGGER plays_listener AFTER INSERT ON plays
WHEN new.user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users WHERE id = new.user_id) BEGIN
  INSERT INTO users (id, customer_id, created_at, updated_at)
  VALUES (new.user_id, (SELECT id FROM customers WHERE id = new.user_id), new.played_at, new.played_at);
END;
CREATE TRIGGER customers_listener AFTER INSERT ON customers
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = new.id) BEGIN
  INSERT INTO users (id, customer_id, created_at, updated_at)
  VALUES (new.id, new.id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), strftime('%Y-%m-%dT%H:%M:%fZ', 'now'));
END;
CREATE TRIGGER customers_gone AFTER DELETE ON customers BEGIN
  UPDATE users SET customer_id = NULL WHERE customer_id = old.id;
END;
CREATE INDEX users_customer ON users (customer_id) WHERE customer_id IS NOT NULL;

-- A key of one principal is never another's.
DROP TABLE idempotency_keys;
CREATE TABLE idempotency_keys (
  principal   TEXT NOT NULL,
  key         TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body        TEXT,
  etag        TEXT,
  created_at  TEXT NOT NULL,
  PRIMARY KEY (principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
