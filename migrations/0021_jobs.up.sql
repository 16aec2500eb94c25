-- Long work, while it runs and afterwards: kept over restarts, so that what a restart cut off says so.
CREATE TABLE jobs (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  kind        TEXT NOT NULL,
  state       TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
  phase       TEXT,
  done        INTEGER NOT NULL DEFAULT 0,
  total       INTEGER,
  started_at  TEXT NOT NULL,
  finished_at TEXT,
  result      TEXT, -- JSON
  error       TEXT  -- JSON
) STRICT;
CREATE INDEX jobs_state ON jobs (state);
