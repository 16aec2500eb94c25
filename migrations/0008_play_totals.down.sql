DROP TRIGGER play_totals_update;
DROP TRIGGER play_totals_delete;
DROP TRIGGER play_totals_insert;
DROP TABLE play_totals_closed;
DROP TABLE play_totals_due;
DROP TABLE play_totals;
