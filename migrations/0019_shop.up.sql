-- The shop gets routes: indexes for its lists, refunds, and sales packed by the day for reports.

CREATE INDEX employees_last_name ON employees (last_name);
CREATE INDEX customers_last_name ON customers (last_name);
CREATE INDEX customers_email ON customers (email);
CREATE INDEX customers_country ON customers (country);
CREATE INDEX invoices_invoice_date ON invoices (invoice_date);
CREATE INDEX invoices_total ON invoices (total_cents);

-- A refund is an invoice whose lines have negative prices: each names the line that it takes back, in part or whole.
ALTER TABLE invoices ADD COLUMN refund_of INTEGER REFERENCES invoices (id);
ALTER TABLE invoice_lines ADD COLUMN refund_of INTEGER REFERENCES invoice_lines (id);
CREATE INDEX invoices_refund_of ON invoices (refund_of) WHERE refund_of IS NOT NULL;
CREATE INDEX invoice_lines_refund_of ON invoice_lines (refund_of) WHERE refund_of IS NOT NULL;

-- All lines of a day as one blob (src/workers/sales.ts): a report reads some thousand blobs in place of a million rows.
-- A day that is due counts as not packed, whatever its row says. Whichever way a line, or what it is grouped by,
-- changes: the triggers make its day due, in the same transaction.
CREATE TABLE sales_days (
  day   TEXT PRIMARY KEY, -- YYYY-MM-DD, in UTC
  sales BLOB NOT NULL
) STRICT;

CREATE TABLE sales_due (
  day     TEXT PRIMARY KEY,
  changes INTEGER NOT NULL DEFAULT 1 -- what was packed before the last of them is not kept
) STRICT, WITHOUT ROWID;

INSERT INTO sales_due (day) SELECT DISTINCT substr(invoice_date, 1, 10) FROM invoices;

CREATE TRIGGER sales_line_added AFTER INSERT ON invoice_lines BEGIN
  INSERT INTO sales_due (day) SELECT substr(invoice_date, 1, 10) FROM invoices WHERE id = new.invoice_id
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_line_changed AFTER UPDATE ON invoice_lines BEGIN
  INSERT INTO sales_due (day)
    SELECT DISTINCT substr(invoice_date, 1, 10) FROM invoices WHERE id IN (old.invoice_id, new.invoice_id)
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_line_deleted AFTER DELETE ON invoice_lines BEGIN
  INSERT INTO sales_due (day) SELECT substr(invoice_date, 1, 10) FROM invoices WHERE id = old.invoice_id
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_invoice_changed AFTER UPDATE OF invoice_date, customer_id, billing_country ON invoices BEGIN
  INSERT INTO sales_due (day) VALUES (substr(old.invoice_date, 1, 10)), (substr(new.invoice_date, 1, 10))
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_invoice_deleted BEFORE DELETE ON invoices BEGIN
  INSERT INTO sales_due (day) VALUES (substr(old.invoice_date, 1, 10))
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_track_moved AFTER UPDATE OF album_id, genre_id ON tracks
WHEN old.album_id IS NOT new.album_id OR old.genre_id IS NOT new.genre_id
BEGIN
  INSERT INTO sales_due (day)
    SELECT DISTINCT substr(i.invoice_date, 1, 10) FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
    WHERE l.track_id = new.id
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_album_moved AFTER UPDATE OF artist_id ON albums
WHEN old.artist_id IS NOT new.artist_id
BEGIN
  INSERT INTO sales_due (day)
    SELECT DISTINCT substr(i.invoice_date, 1, 10)
    FROM tracks t JOIN invoice_lines l ON l.track_id = t.id JOIN invoices i ON i.id = l.invoice_id
    WHERE t.album_id = new.id
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
CREATE TRIGGER sales_customer_moved AFTER UPDATE OF support_rep_id ON customers
WHEN old.support_rep_id IS NOT new.support_rep_id
BEGIN
  INSERT INTO sales_due (day) SELECT DISTINCT substr(invoice_date, 1, 10) FROM invoices WHERE customer_id = new.id
  ON CONFLICT DO UPDATE SET changes = changes + 1;
END;
