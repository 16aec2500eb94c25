-- For servers that share a cluster (src/main/engine/cluster). In a database of one machine all of this is empty.

-- One row: how many batches were committed. `epoch` counts the databases that were loaded into the cluster; `at` is the
-- time of the batch by its writer's clock: no node asks its own.
CREATE TABLE cluster_commits (
  id    INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  seq   INTEGER NOT NULL,
  at    TEXT NOT NULL
) STRICT;

-- What the latest batches touched, for the caches of the other servers.
CREATE TABLE cluster_changes (
  seq  INTEGER PRIMARY KEY,
  at   TEXT NOT NULL,
  tags TEXT NOT NULL -- a JSON array
) STRICT;

-- A batch below its writer's `low` was answered: a late copy of it must do nothing.
CREATE TABLE cluster_writers (
  writer TEXT PRIMARY KEY,
  low    INTEGER NOT NULL,
  seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Commands whose batch may not be answered yet, with their answers: one that is sent again finds itself here. Without a
-- rowid, so that last_insert_rowid() stays the command's.
CREATE TABLE cluster_applied (
  writer  TEXT NOT NULL,
  batch   INTEGER NOT NULL,
  command INTEGER NOT NULL,
  part    INTEGER NOT NULL,
  tags    TEXT NOT NULL, -- a JSON array
  body    TEXT,
  etag    TEXT,
  PRIMARY KEY (writer, batch, command, part)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER cluster_applied_late BEFORE INSERT ON cluster_applied
WHEN new.batch < (SELECT low FROM cluster_writers WHERE writer = new.writer) BEGIN
  SELECT RAISE(ABORT, 'this batch was answered before');
END;

-- Takes no row: a guard that is not met inserts its refusal here (src/main/engine/commands/guards-in-sql.ts).
CREATE TABLE refusals (
  id      INTEGER PRIMARY KEY,
  refusal TEXT NOT NULL
) STRICT;
CREATE TRIGGER refusals_refuse BEFORE INSERT ON refusals BEGIN
  SELECT RAISE(ABORT, new.refusal);
END;

-- In a cluster a customer's listener has the time of the batch: by their own clocks the nodes would differ.
DROP TRIGGER customers_listener;
CREATE TRIGGER customers_listener AFTER INSERT ON customers
WHEN NOT EXISTS (SELECT 1 FROM users WHERE id = new.id) BEGIN
  INSERT INTO users (id, customer_id, created_at, updated_at)
  SELECT new.id, new.id, now, now
  FROM (SELECT coalesce((SELECT at FROM cluster_commits), strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) AS now);
END;
