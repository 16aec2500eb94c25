import { z } from "zod";
import type { Guard, Param, Statement } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { FOUND, REFERENCES_KNOWN, UNKNOWN_ID } from "../../engine/commands/guards.ts";
import { idText } from "../../http/fields.ts";
import {
  INVOICES,
  jsonOf,
  LINE_JSON,
  type Purchase,
  purchaseBody,
  type Refund,
  refundBody,
} from "./kinds.ts";

export interface PurchaseInput extends Purchase {
  /** The user whose customer must buy; undefined for staff, who sell to any customer. */
  readonly user?: number | undefined;
}

const CUSTOMER_KNOWN: Guard = {
  must: "change",
  otherwise: { code: "reference_unknown", errors: [{ pointer: "/customer_id", detail: UNKNOWN_ID }] },
};
const OWN_CUSTOMER: Guard = {
  must: "find",
  otherwise: { code: "forbidden", detail: "needs the permission shop:write to buy for another customer" },
};

/** Maximum errors in one refusal. */
const MOST_NAMED = 20;

const UNKNOWN_TRACKS = `
  SELECT '/lines/' || key || '/track_id', '${UNKNOWN_ID}' FROM json_each(@lines)
  WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE id = value ->> 'track_id') LIMIT ${MOST_NAMED}`;

const PLACES = ["address", "city", "state", "country", "postal_code"] as const;

const addressOf = (billing: Purchase["billing"]): Record<string, Param> =>
  billing === undefined ? {} : Object.fromEntries(PLACES.map((place) => [place, billing[place] ?? null]));

/** A user's customer, or for staff the named one. */
const BUYER = "coalesce(@customer_id, (SELECT customer_id FROM users WHERE id = likely(@user)))";
/** The invoice just created by the command is the newest: there is one writer. */
const NEWEST = "(SELECT max(id) FROM invoices)";

function insertInvoice({ customer_id, user, billing, lines }: PurchaseInput, date: string): Statement {
  const address = PLACES.map((place) => (billing === undefined ? `c.${place}` : `@${place}`));
  return statement(
    `INSERT INTO invoices (customer_id, invoice_date, ${PLACES.map((place) => `billing_${place}`).join(", ")}, total_cents)
     SELECT c.id, @date, ${address.join(", ")}, (
       SELECT sum(t.unit_price_cents * (line.value ->> 'quantity'))
       FROM json_each(@lines) line CROSS JOIN tracks t ON t.id = line.value ->> 'track_id')
     FROM customers c WHERE c.id = ${BUYER}`,
    {
      ...addressOf(billing),
      customer_id: customer_id ?? null,
      user: user ?? null,
      date,
      lines: linesOf(lines),
    },
    CUSTOMER_KNOWN,
  );
}

const linesOf = (lines: Purchase["lines"]): string =>
  JSON.stringify(lines.map(({ track_id, quantity = 1 }) => ({ track_id, quantity })));

/** The invoice with its lines. */
const answer = (): Statement =>
  statement(
    `SELECT json_insert(${jsonOf(INVOICES)}, '$.lines', json((
       SELECT json_group_array(json(line)) FROM (
         SELECT ${LINE_JSON} AS line FROM invoice_lines l CROSS JOIN tracks t ON t.id = l.track_id
         WHERE l.invoice_id = ${NEWEST} ORDER BY l.id)))) AS body, NULL AS etag
     FROM invoices t WHERE t.id = ${NEWEST}`,
    {},
  );

/** An invoice at current prices, summed in cents. */
const purchase: Command<PurchaseInput> = command({
  name: "invoices.purchase",
  input: purchaseBody.extend({ user: z.int().optional() }) as unknown as z.ZodType<PurchaseInput>,
  statements: (input, { now }) => {
    const { user, lines, customer_id = null } = input;
    const own = `SELECT 1 FROM users WHERE id = likely(@user) AND customer_id = coalesce(@customer_id, customer_id)`;
    return [
      ...(user === undefined ? [] : [statement(own, { user, customer_id }, OWN_CUSTOMER)]),
      statement(UNKNOWN_TRACKS, { lines: linesOf(lines) }, REFERENCES_KNOWN),
      insertInvoice(input, input.invoice_date ?? now),
      statement(
        `INSERT INTO invoice_lines (invoice_id, track_id, unit_price_cents, quantity)
         SELECT ${NEWEST}, t.id, t.unit_price_cents, line.value ->> 'quantity'
         FROM json_each(@lines) line CROSS JOIN tracks t ON t.id = line.value ->> 'track_id' ORDER BY line.key`,
        { lines: linesOf(lines) },
      ),
    ];
  },
  answer,
  tags: () => ["invoices"],
});

export interface RefundInput {
  readonly id: number;
  readonly body: Refund;
}

const NO_REFUND: Guard = {
  must: "find",
  otherwise: { code: "invalid", detail: "this invoice is a refund itself" },
};
const LINES_FIT: Guard = { must: "find_none", otherwise: { code: "invalid" } };
const SOMETHING_LEFT: Guard = {
  must: "find",
  otherwise: { code: "already_exists", detail: "the invoice was fully refunded" },
};

/** The invoice's lines, each with the quantity not yet refunded. */
const LEFT = `
  SELECT l.id, l.track_id, l.unit_price_cents,
    l.quantity - coalesce((SELECT sum(r.quantity) FROM invoice_lines r WHERE r.refund_of = l.id), 0) AS remaining
  FROM invoice_lines l WHERE l.invoice_id = likely(@id)`;

/** The lines to refund and their quantities. `@lines` is null to refund everything left. */
const REQUESTED = `
  SELECT lft.id, lft.track_id, lft.unit_price_cents,
    iif(@lines IS NULL, lft.remaining, coalesce(
      (SELECT w.value ->> 'quantity' FROM json_each(@lines) w WHERE w.value ->> 'line_id' = lft.id),
      lft.remaining)) AS quantity
  FROM (${LEFT}) lft
  WHERE lft.remaining > 0
    AND (@lines IS NULL OR lft.id IN (SELECT w.value ->> 'line_id' FROM json_each(@lines) w))`;

const MISFITS = `
  WITH remains AS MATERIALIZED (${LEFT})
  SELECT '/lines/' || key || '/line_id', 'is no line of this invoice' FROM json_each(@lines)
  WHERE value ->> 'line_id' NOT IN (SELECT id FROM remains)
  UNION ALL
  SELECT '/lines/' || key || '/quantity', 'only ' || remaining || ' left' FROM json_each(@lines)
  CROSS JOIN remains ON remains.id = value ->> 'line_id'
  WHERE coalesce(value ->> 'quantity', 1) > remaining
  LIMIT ${MOST_NAMED}`;

/** An invoice with another's lines at negative prices, up to the quantities not yet refunded. */
const refund: Command<RefundInput> = command({
  name: "invoices.refund",
  input: z.strictObject({ id: idText, body: refundBody }) as unknown as z.ZodType<RefundInput>,
  statements: ({ id, body: { lines } }, { now }) => {
    const given = { id, lines: lines === undefined ? null : JSON.stringify(lines) };
    const places = PLACES.map((place) => `billing_${place}`).join(", ");
    return [
      statement("SELECT 1 FROM invoices WHERE id = likely(@id)", { id }, FOUND),
      statement("SELECT 1 FROM invoices WHERE id = likely(@id) AND refund_of IS NULL", { id }, NO_REFUND),
      ...(lines === undefined ? [] : [statement(MISFITS, given, LINES_FIT)]),
      statement(`SELECT 1 FROM (${REQUESTED}) LIMIT 1`, given, SOMETHING_LEFT),
      statement(
        `INSERT INTO invoices (customer_id, invoice_date, ${places}, total_cents, refund_of)
         SELECT customer_id, @now, ${places}, (SELECT -sum(unit_price_cents * quantity) FROM (${REQUESTED})), id
         FROM invoices WHERE id = likely(@id)`,
        { ...given, now },
      ),
      statement(
        `INSERT INTO invoice_lines (invoice_id, track_id, unit_price_cents, quantity, refund_of)
         SELECT ${NEWEST}, track_id, -unit_price_cents, quantity, id FROM (${REQUESTED}) ORDER BY id`,
        given,
      ),
    ];
  },
  answer,
  tags: ({ id }) => ["invoices", `invoices:${id}`],
});

export const PURCHASE_COMMANDS = { purchase, refund };
