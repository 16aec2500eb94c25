-- The shop: who sells, who buys, what was bought.

CREATE TABLE employees (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  last_name   TEXT NOT NULL,
  first_name  TEXT NOT NULL,
  title       TEXT,
  reports_to  INTEGER REFERENCES employees (id),
  birth_date  TEXT,
  hire_date   TEXT,
  address     TEXT,
  city        TEXT,
  state       TEXT,
  country     TEXT,
  postal_code TEXT,
  phone       TEXT,
  fax         TEXT,
  email       TEXT
) STRICT;
CREATE INDEX employees_reports_to ON employees (reports_to);

CREATE TABLE customers (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  first_name     TEXT NOT NULL,
  last_name      TEXT NOT NULL,
  company        TEXT,
  address        TEXT,
  city           TEXT,
  state          TEXT,
  country        TEXT,
  postal_code    TEXT,
  phone          TEXT,
  fax            TEXT,
  email          TEXT NOT NULL,
  support_rep_id INTEGER REFERENCES employees (id)
) STRICT;
CREATE INDEX customers_support_rep ON customers (support_rep_id);

CREATE TABLE invoices (
  id                  INTEGER PRIMARY KEY AUTOINCREMENT,
  customer_id         INTEGER NOT NULL REFERENCES customers (id),
  invoice_date        TEXT NOT NULL,
  billing_address     TEXT,
  billing_city        TEXT,
  billing_state       TEXT,
  billing_country     TEXT,
  billing_postal_code TEXT,
  total_cents         INTEGER NOT NULL
) STRICT;
CREATE INDEX invoices_customer ON invoices (customer_id);

CREATE TABLE invoice_lines (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  invoice_id       INTEGER NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
  track_id         INTEGER NOT NULL REFERENCES tracks (id),
  unit_price_cents INTEGER NOT NULL,
  quantity         INTEGER NOT NULL CHECK (quantity > 0)
) STRICT;
CREATE INDEX invoice_lines_invoice ON invoice_lines (invoice_id);
CREATE INDEX invoice_lines_track ON invoice_lines (track_id);
