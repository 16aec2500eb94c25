import { z } from "zod";
import { date, email, id, idText, text, timestamp, toUtc } from "../../http/fields.ts";
import { byId, equals, type Filter, ids, prefix, times } from "../../model/filters.ts";

/** A kind of the shop: its lists and entities. `t` is the alias of the kind's table everywhere. */
export interface ShopKind {
  readonly path: "customers" | "employees" | "invoices";
  readonly noun: string;
  readonly type: string;
  /** Members of the JSON object, in order, each with its SQL expression. */
  readonly fields: Readonly<Record<string, string>>;
  /** Each has its own index, named after table and sort. */
  readonly sorts: Readonly<Record<string, string>>;
  readonly filters: readonly Filter[];
  readonly schema: z.ZodObject;
}

const same = (...columns: readonly string[]): Record<string, string> =>
  Object.fromEntries(columns.map((column) => [column, `t.${column}`]));

const someText = z.string().nullable();
const contactSchema = {
  address: someText,
  city: someText,
  state: someText,
  country: someText.meta({ example: "Norway" }),
  postal_code: someText,
  phone: someText,
  fax: someText,
};
const CONTACT = Object.keys(contactSchema);

const person = { first_name: z.string().meta({ example: "Ada" }), last_name: z.string() };

export const CUSTOMERS: ShopKind = {
  path: "customers",
  noun: "customer",
  type: "Customer",
  fields: same("id", "first_name", "last_name", "company", ...CONTACT, "email", "support_rep_id"),
  sorts: { id: "t.id", last_name: "t.last_name" },
  filters: [
    ids,
    equals("email", text(254)),
    byId("support_rep_id"),
    equals("country", text(300)),
    prefix("last_name"),
  ],
  schema: z
    .object({
      id,
      ...person,
      company: someText,
      ...contactSchema,
      email: z.string().meta({ example: "ada@example.com" }),
      support_rep_id: id.nullable().meta({ description: "The employee who looks after the customer." }),
    })
    .meta({ id: "Customer" }),
};

export const EMPLOYEES: ShopKind = {
  path: "employees",
  noun: "employee",
  type: "Employee",
  fields: same(
    ...["id", "first_name", "last_name", "title", "reports_to", "birth_date", "hire_date"],
    ...[...CONTACT, "email"],
  ),
  sorts: { id: "t.id", last_name: "t.last_name" },
  filters: [ids, byId("reports_to"), prefix("last_name")],
  schema: z
    .object({
      id,
      ...person,
      title: someText,
      reports_to: id.nullable(),
      birth_date: someText,
      hire_date: someText,
      ...contactSchema,
      email: someText,
    })
    .meta({ id: "Employee" }),
};

const BILLING = [
  "billing_address",
  "billing_city",
  "billing_state",
  "billing_country",
  "billing_postal_code",
];

const moneySchema = z.number().meta({ example: 0.99 });

const invoiceFields = {
  id,
  customer_id: id,
  invoice_date: z.iso.datetime(),
  ...Object.fromEntries(BILLING.map((name) => [name, someText])),
  total: moneySchema.meta({ description: "Negative on a refund.", example: 8.91 }),
  refund_of: id.nullable().meta({ description: "The invoice that it refunds, in part or whole." }),
};

export const INVOICES: ShopKind = {
  path: "invoices",
  noun: "invoice",
  type: "Invoice",
  fields: {
    ...same("id", "customer_id", "invoice_date", ...BILLING),
    total: "t.total_cents / 100.0",
    refund_of: "t.refund_of",
  },
  sorts: { id: "t.id", invoice_date: "t.invoice_date", total: "t.total_cents" },
  filters: [ids, byId("customer_id"), byId("refund_of"), times("invoice_date")],
  schema: z.object(invoiceFields).meta({ id: "Invoice" }),
};

export const lineSchema = z
  .object({
    id,
    invoice_id: id,
    track_id: id,
    track_name: z.string().meta({ example: "Harbour Lights" }),
    unit_price: moneySchema.meta({ description: "At the time of purchase; negative on a refund." }),
    quantity: z.int().min(1),
    total: moneySchema,
    refund_of: id.nullable().meta({ description: "The line that it refunds, in part or whole." }),
  })
  .meta({ id: "InvoiceLine" });

export const invoiceWithLines = z
  .object({ ...invoiceFields, lines: z.array(lineSchema) })
  .meta({ id: "InvoiceWithLines" });

/** Table `l` joined to its track as `t`. */
export const LINE_JSON = `json_object('id', l.id, 'invoice_id', l.invoice_id, 'track_id', l.track_id,
  'track_name', t.name, 'unit_price', l.unit_price_cents / 100.0, 'quantity', l.quantity,
  'total', l.unit_price_cents * l.quantity / 100.0, 'refund_of', l.refund_of)`;

export const SHOP_KINDS = { customers: CUSTOMERS, employees: EMPLOYEES, invoices: INVOICES } as const;

/** The entity as JSON text, in SQL. */
export const jsonOf = ({ fields }: Pick<ShopKind, "fields">): string =>
  `json_object(${Object.entries(fields)
    .map(([name, expression]) => `'${name}', ${expression}`)
    .join(", ")})`;

const maybe = text(300).nullable().optional();
const contact = {
  ...{
    address: maybe,
    city: maybe,
    state: maybe,
    country: maybe,
    postal_code: maybe,
    phone: maybe,
    fax: maybe,
  },
};
/** A date without time, stored as a timestamp like imported dates. */
const dayTime = date
  .transform((day) => `${day}T00:00:00.000Z`)
  .nullable()
  .optional()
  .meta({ override: { type: ["string", "null"], format: "date" } });

/** Bodies that create an entity, or parts that change one. */
export const INPUTS = {
  customers: z
    .strictObject({
      first_name: text(200).meta({ example: "Ada" }),
      last_name: text(200),
      company: maybe,
      ...contact,
      email,
      support_rep_id: id.nullable().optional(),
    })
    .meta({ id: "NewCustomer" }),
  employees: z
    .strictObject({
      first_name: text(200).meta({ example: "Ada" }),
      last_name: text(200),
      title: maybe,
      reports_to: id.nullable().optional(),
      birth_date: dayTime,
      hire_date: dayTime,
      ...contact,
      email: email.nullable().optional(),
    })
    .meta({ id: "NewEmployee" }),
} as const;

const changesOf = (input: z.ZodObject, type: string) =>
  input
    .partial()
    .refine((body) => Object.keys(body).length > 0, "expected at least one field to change")
    .meta({ id: `${type}Changes`, minProperties: 1 });

export const CHANGES = {
  customers: changesOf(INPUTS.customers, "Customer"),
  employees: changesOf(INPUTS.employees, "Employee"),
} as const;

/** The billing address of an invoice. */
const billing = z
  .strictObject({
    address: text(300).nullable().optional(),
    city: text(300).nullable().optional(),
    state: text(300).nullable().optional(),
    country: text(300).nullable().optional(),
    postal_code: text(300).nullable().optional(),
  })
  .meta({ id: "BillingAddress", description: "The customer's address by default." });

export const MAX_LINES = 500;

export const purchaseBody = z
  .strictObject({
    customer_id: id.optional().meta({
      description:
        "The buyer; by default the customer of the caller's account. Another customer needs `shop:write`.",
    }),
    lines: z
      .array(
        z.strictObject({
          track_id: id,
          quantity: z.int().min(1).max(1_000).optional().meta({ description: "1 by default." }),
        }),
      )
      .min(1)
      .max(MAX_LINES),
    billing: billing.optional(),
    invoice_date: timestamp
      .transform(toUtc)
      .refine((value) => Date.parse(value) <= Date.now() + 60_000, "must be at most a minute in the future")
      .optional()
      .meta({
        override: { type: "string", format: "date-time" },
        description: "For an earlier sale; needs `shop:write`. Now by default.",
        example: "2026-01-31T12:00:00Z",
      }),
  })
  .meta({ id: "NewPurchase" });
export type Purchase = z.infer<typeof purchaseBody>;

export const refundBody = z
  .strictObject({
    lines: z
      .array(
        z.strictObject({
          line_id: id,
          quantity: z
            .int()
            .min(1)
            .max(1_000_000)
            .optional()
            .meta({ description: "Everything not yet refunded of the line by default." }),
        }),
      )
      .min(1)
      .max(MAX_LINES)
      .refine(
        (lines) => new Set(lines.map(({ line_id }) => line_id)).size === lines.length,
        "must name each line once",
      )
      .optional()
      .meta({ description: "Everything not yet refunded of the invoice by default." }),
  })
  .meta({ id: "NewRefund" });
export type Refund = z.infer<typeof refundBody>;

export const idParameter = z.strictObject({ id: idText });
