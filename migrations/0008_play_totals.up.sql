-- How often each track was played in each closed hour, ten hours, day, ten days and month, so that a chart adds up some dozens of rows
-- and not a million plays.
--
-- A slot is named by what the times of its plays have in common: '2026-11', '2026-11-2', '2026-11-21',
-- '2026-11-21T1', '2026-11-21T14'. It is
-- closed when it lies before `play_totals_closed`. A closed slot has its totals, or is due, or had no plays at all:
-- so totals can be used wherever they are found, and what is due is counted from the slots below it, at last from the
-- plays. A late play makes its five slots due again, in the transaction that records it.

CREATE TABLE play_totals (
  slot   TEXT PRIMARY KEY,
  totals BLOB NOT NULL -- pairs of track id (less the one before) and plays, ascending, each in base 128
) STRICT;

CREATE TABLE play_totals_due (
  slot    TEXT PRIMARY KEY,
  changes INTEGER NOT NULL DEFAULT 1 -- what was summed before the last of them is not kept
) STRICT, WITHOUT ROWID;

CREATE TABLE play_totals_closed (
  id     INTEGER PRIMARY KEY CHECK (id = 1),
  before TEXT NOT NULL -- an hour, or nothing yet
) STRICT;
INSERT INTO play_totals_closed VALUES (1, '');

CREATE TRIGGER play_totals_insert AFTER INSERT ON plays
WHEN new.played_at < (SELECT before FROM play_totals_closed WHERE id = 1)
BEGIN
  DELETE FROM play_totals WHERE slot IN (
    substr(new.played_at, 1, 7), substr(new.played_at, 1, 9), substr(new.played_at, 1, 10),
    substr(new.played_at, 1, 12), substr(new.played_at, 1, 13));
  INSERT INTO play_totals_due (slot) VALUES
    (substr(new.played_at, 1, 7)), (substr(new.played_at, 1, 9)), (substr(new.played_at, 1, 10)),
    (substr(new.played_at, 1, 12)), (substr(new.played_at, 1, 13))
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER play_totals_delete AFTER DELETE ON plays
WHEN old.played_at < (SELECT before FROM play_totals_closed WHERE id = 1)
BEGIN
  DELETE FROM play_totals WHERE slot IN (
    substr(old.played_at, 1, 7), substr(old.played_at, 1, 9), substr(old.played_at, 1, 10),
    substr(old.played_at, 1, 12), substr(old.played_at, 1, 13));
  INSERT INTO play_totals_due (slot) VALUES
    (substr(old.played_at, 1, 7)), (substr(old.played_at, 1, 9)), (substr(old.played_at, 1, 10)),
    (substr(old.played_at, 1, 12)), (substr(old.played_at, 1, 13))
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;

CREATE TRIGGER play_totals_update AFTER UPDATE OF track_id, played_at ON plays
WHEN old.track_id IS NOT new.track_id OR old.played_at IS NOT new.played_at
BEGIN
  DELETE FROM play_totals WHERE slot IN (
    substr(old.played_at, 1, 7), substr(old.played_at, 1, 9), substr(old.played_at, 1, 10),
    substr(old.played_at, 1, 12), substr(old.played_at, 1, 13), substr(new.played_at, 1, 7),
    substr(new.played_at, 1, 9), substr(new.played_at, 1, 10), substr(new.played_at, 1, 12),
    substr(new.played_at, 1, 13));
  INSERT INTO play_totals_due (slot) VALUES
    (substr(old.played_at, 1, 7)), (substr(old.played_at, 1, 9)), (substr(old.played_at, 1, 10)),
    (substr(old.played_at, 1, 12)), (substr(old.played_at, 1, 13)), (substr(new.played_at, 1, 7)),
    (substr(new.played_at, 1, 9)), (substr(new.played_at, 1, 10)), (substr(new.played_at, 1, 12)),
    (substr(new.played_at, 1, 13))
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
