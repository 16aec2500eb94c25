import { z } from "zod";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";

/** Days packed by one step, which takes some milliseconds. */
const PACKED_AT_ONCE = 32;

/** SQL that packs all lines of the day in `column`. Reports use it for due days, too. */
export const packedDay = (column: string): string => `(
  SELECT pack_sales(i.id, i.customer_id, c.support_rep_id, i.billing_country, l.track_id, t.album_id, al.artist_id,
    t.genre_id, l.unit_price_cents * l.quantity, iif(l.refund_of IS NULL, l.quantity, -l.quantity))
  FROM invoices i
  CROSS JOIN invoice_lines l ON l.invoice_id = i.id
  CROSS JOIN customers c ON c.id = i.customer_id
  CROSS JOIN tracks t ON t.id = l.track_id
  LEFT JOIN albums al ON al.id = t.album_id
  WHERE i.invoice_date >= ${column} AND i.invoice_date < ${column} || '~' AND (l.id % 1024 <> 0 OR within_deadline()))`;

/** Due work: see {@link SALES_STATE_READ}. */
export interface SalesState {
  readonly due: number;
  readonly packed: readonly (readonly [day: string, changes: number, sales: string])[];
}

/** The number of due days, and the next of them packed. */
export const SALES_STATE_READ: Read<Nothing> = read({
  name: "sales.state",
  lane: "scan",
  params: nothing,
  statement: () => ({
    sql: `
      SELECT json_object(
        'due', (SELECT count(*) FROM sales_due),
        'packed', json((SELECT json_group_array(json_array(day, changes, hex(sales))) FROM (
          SELECT d.day, d.changes, ${packedDay("d.day")} AS sales
          FROM sales_due d ORDER BY d.day LIMIT ${PACKED_AT_ONCE})))), NULL, NULL`,
    params: {},
  }),
  cache: UNCACHED,
});

/** Stores packed days (as JSON text), except those that changed since they were read: they are still due. */
export const KEEP_SALES: Command<{ readonly packed: string }> = command({
  name: "sales.keep",
  input: z.strictObject({ packed: z.string() }),
  statements: ({ packed }) => [
    statement(
      `INSERT INTO sales_days (day, sales)
       SELECT d.day, unhex(p.value ->> 2) FROM json_each(@packed) p
       CROSS JOIN sales_due d ON d.day = p.value ->> 0 WHERE d.changes = p.value ->> 1
       ON CONFLICT DO UPDATE SET sales = excluded.sales`,
      { packed },
    ),
    statement(
      `DELETE FROM sales_due WHERE (day, changes) IN (SELECT value ->> 0, value ->> 1 FROM json_each(@packed))`,
      { packed },
    ),
  ],
  audit: "none",
  tags: () => [],
});
