import fc from "fast-check";
import type { Connection } from "../../src/shared/database/sqlite.ts";
import type { Inputs } from "./refusals.calls.ts";

/** Calls of the commands of the shop, of changes and of jobs, and the rows that they are about. */

/** Customers and employees 1 to 3, the third of either referred to by nothing; user 1 is customer 1. */
export function addShop(db: Connection): void {
  db.exec(`
    INSERT INTO employees (id, last_name, first_name, reports_to) VALUES (1, 'A', 'a', NULL), (2, 'B', 'b', 1), (3, 'C', 'c', NULL);
    INSERT INTO customers (id, first_name, last_name, country, email, support_rep_id)
    VALUES (1, 'a', 'A', 'Norway', 'a@example.com', 1), (2, 'b', 'B', NULL, 'b@example.com', 2), (3, 'c', 'C', NULL, 'c@example.com', NULL);
    UPDATE users SET customer_id = 1 WHERE id = 1;
    INSERT INTO invoices (id, customer_id, invoice_date, billing_country, total_cents) VALUES
      (1, 1, '2026-11-20T00:00:00.000Z', 'Norway', 2), (2, 2, '2026-11-21T00:00:00.000Z', NULL, 1);
    INSERT INTO invoice_lines (id, invoice_id, track_id, unit_price_cents, quantity) VALUES
      (1, 1, 1, 1, 1), (2, 1, 2, 1, 3), (3, 2, 1, 1, 1);
    INSERT INTO invoices (id, customer_id, invoice_date, total_cents, refund_of)
    VALUES (3, 2, '2026-11-21T00:00:00.000Z', -1, 2);
    INSERT INTO invoice_lines (id, invoice_id, track_id, unit_price_cents, quantity, refund_of) VALUES (4, 3, 1, -1, 1, 3);`);
}

const id = fc.constantFrom(1, 2, 3, 999);
const leader = fc.constantFrom(null, 1, 2, 3, 999);
const seen = fc.constantFrom(undefined, "current" as const, "outdated" as const);
const key = fc.constantFrom(undefined, undefined, "k1", "k2");
const customer = fc.record({
  first_name: fc.constantFrom("A", "B"),
  last_name: fc.constant("C"),
  country: fc.constantFrom(null, "Norway"),
  email: fc.constant("x@example.com"),
  support_rep_id: leader,
});
const employee = fc.record({
  first_name: fc.constantFrom("A", "B"),
  last_name: fc.constant("C"),
  reports_to: leader,
});
const lines = fc.array(fc.record({ track_id: id, quantity: fc.constantFrom(undefined, 1, 2) }), {
  minLength: 1,
  maxLength: 3,
});
const refunded = fc.uniqueArray(
  fc.record({ line_id: fc.constantFrom(1, 2, 3, 999), quantity: fc.constantFrom(undefined, 1, 9) }),
  { minLength: 1, maxLength: 2, selector: ({ line_id }) => line_id },
);

const peopleInputs = (path: string, body: fc.Arbitrary<object>): Record<string, Inputs> => ({
  [`${path}.create`]: fc.record({ input: body, key }),
  [`${path}.patch`]: fc.record({ input: fc.record({ id, body }), seen }),
  [`${path}.delete`]: fc.record({ input: fc.record({ id }), seen }),
});

export const SHOP_INPUTS: Readonly<Record<string, Inputs>> = {
  ...peopleInputs("customers", customer),
  ...peopleInputs("employees", employee),
  "invoices.purchase": fc.record({
    input: fc.record({
      customer_id: fc.constantFrom(undefined, 1, 2, 999),
      user: fc.constantFrom(undefined, 1, 2),
      lines,
      billing: fc.constantFrom(undefined, { country: "Chile" }),
    }),
    key,
  }),
  "invoices.refund": fc.record({
    input: fc.record({ id, body: fc.record({ lines: fc.option(refunded, { nil: undefined }) }) }),
    key,
  }),
  "jobs.begin": fc.constant({ input: { kind: "backup.create" } }),
  "jobs.update": fc.constant({
    input: {
      ...{
        id: 1,
        state: "done",
        phase: null,
        done: 1,
        total: null,
        finished_at: "t",
        result: "{}",
        error: null,
      },
    },
  }),
  "jobs.interrupt": fc.constant({ input: {} }),
  "changes.forget": fc.constant({ input: {} }),
  "sales.keep": fc.record({
    input: fc.constantFrom(
      { packed: "[]" },
      { packed: '[["2026-11-20",1,"00"]]' },
      { packed: '[["2026-11-20",3,"00"]]' },
    ),
  }),
};
