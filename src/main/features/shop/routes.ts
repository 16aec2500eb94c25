import type { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import type { Read } from "../../engine/reads/read.ts";
import type { Access } from "../../http/access.ts";
import { change, create, seenText, type Writes } from "../../http/command-route.ts";
import { entryReply } from "../../http/entry-reply.ts";
import { bodyOf, noParameters, parseQuery, pathOf, validate } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { type ReadRouteOptions, readRoute } from "../../http/read-route.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { SHOP_COMMANDS } from "./commands.ts";
import {
  CHANGES,
  CUSTOMERS,
  EMPLOYEES,
  INPUTS,
  INVOICES,
  idParameter,
  invoiceWithLines,
  lineSchema,
  type Purchase,
  purchaseBody,
  type Refund,
  refundBody,
  type ShopKind,
} from "./kinds.ts";
import { checkCustomer, checkInvoice, confinedTo } from "./own.ts";
import { PURCHASE_COMMANDS } from "./purchases.ts";
import { type EntityParams, LINES_READ, type ListParams, listRead, SHOP_READS } from "./reads.ts";

const idOf = (call: Call): number => pathOf<{ id: number }>(call, idParameter).id;

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** A read of personal data: access is checked before the read, also before the look-up of a cached answer. */
function ownRoute<P extends EntityParams>(
  options: ReadRouteOptions<P>,
  check: (answers: Answers, principal: Call["principal"], id: number) => Promise<void>,
): Route {
  const route = readRoute(options);
  const { answers } = options;
  return {
    ...route,
    handle: async (call) => {
      if (call.principal.permissions.has("shop:read")) return route.handle(call);
      validate(options.read.params, { ...parseQuery(call.url), id: call.param("id") }, "parameter");
      await check(answers, call.principal, Number(call.param("id")));
      return route.handle(call);
    },
  };
}

const entityRoute = (kind: ShopKind, access: Access, answers: Answers): ReadRouteOptions<EntityParams> => ({
  path: `/v1/${kind.path}/{id}`,
  access,
  tag: "shop",
  operationId: `get${kind.type}`,
  summary: `One ${kind.noun}`,
  read: SHOP_READS[kind.path].entity,
  answers,
  response: { description: `The ${kind.noun}.`, body: kind.schema },
});

const listRoute = (kind: ShopKind, access: Access, answers: Answers): ReadRouteOptions<ListParams> => ({
  path: `/v1/${kind.path}`,
  access,
  tag: "shop",
  operationId: `list${kind.type}s`,
  summary: `List ${kind.path}`,
  description: `All ${kind.path}, or those that match all filters.`,
  read: SHOP_READS[kind.path].list,
  choose: (params) => listRead(kind, params),
  answers,
  response: { description: "A page.", body: pageSchema(kind.schema) },
});

function peopleRoutes(kind: typeof CUSTOMERS | typeof EMPLOYEES, answers: Answers, writes: Writes): Route[] {
  const path = kind.path as "customers" | "employees";
  const commands = SHOP_COMMANDS[path];
  const { entity } = SHOP_READS[path];
  return [
    readRoute(listRoute(kind, "shop:read", answers)),
    path === "customers"
      ? ownRoute(entityRoute(kind, "customer", answers), checkCustomer)
      : readRoute(entityRoute(kind, "shop:read", answers)),
    route({
      method: "POST",
      batch: true,
      path: `/v1/${path}`,
      access: "shop:write",
      tag: "shop",
      operationId: `add${kind.type}`,
      summary: `Add ${withArticle(kind.noun)}`,
      body: INPUTS[path],
      headers: ["Idempotency-Key"],
      responses: {
        201: { description: "Added.", body: kind.schema, headers: ["Location", "Idempotency-Replayed"] },
      },
      handle: async (call) => {
        pathOf(call, noParameters);
        const { body, text } = await bodyOf(call, commands.create.input);
        return create(writes, call, commands.create, body, text, (id) => `/v1/${path}/${id}`);
      },
    }),
    route({
      method: "PATCH",
      batch: true,
      path: `/v1/${path}/{id}`,
      access: "shop:write",
      tag: "shop",
      operationId: `change${kind.type}`,
      summary: `Change ${withArticle(kind.noun)}`,
      description: "A merge patch (RFC 7386): missing fields are unchanged, null empties optional ones.",
      parameters: idParameter,
      body: CHANGES[path],
      headers: ["If-Match", "If-None-Match"],
      responses: { 200: { description: `The ${kind.noun}.`, body: kind.schema } },
      handle: async (call) => {
        const id = idOf(call);
        const { body } = await bodyOf(call, CHANGES[path]);
        const seen = await seenText(answers, call, entity, { id });
        return change(writes, call, commands.patch, { id, body, seen });
      },
    }),
    route({
      method: "DELETE",
      batch: true,
      path: `/v1/${path}/{id}`,
      access: "shop:write",
      tag: "shop",
      operationId: `delete${kind.type}`,
      summary: `Delete ${withArticle(kind.noun)}`,
      description: "A person with invoices, customers or reports cannot be deleted: 409 `in_use`.",
      parameters: idParameter,
      headers: ["If-Match", "If-None-Match"],
      responses: { 204: { description: "Deleted." } },
      handle: async (call) => {
        const id = idOf(call);
        const seen = await seenText(answers, call, entity, { id });
        return change(writes, call, commands.remove, { id, seen });
      },
    }),
  ];
}

/** Only the principal's own invoices, unless it may see all. */
function invoiceListRoute(answers: Answers): Route {
  const options = listRoute(INVOICES, "customer", answers);
  const all = readRoute({
    ...options,
    summary: "List invoices",
    description: "All invoices, or a customer's own; they match all filters.",
  });
  return {
    ...all,
    handle: async (call) => {
      if (call.principal.permissions.has("shop:read")) return all.handle(call);
      const params = validate(options.read.params, parseQuery(call.url), "parameter");
      const customer = await confinedTo(answers, call.principal);
      if (params.customer_id !== undefined && params.customer_id !== customer) throw notOwn();
      return ownPage(answers, call, { ...params, customer_id: customer });
    },
  };
}

const notOwn = () =>
  new AppError("forbidden", { detail: "needs the permission shop:read to see another customer's invoices" });

const SENDING = { personal: true, aged: false, paged: true };

async function ownPage(answers: Answers, call: Call, params: ListParams) {
  const read: Read<ListParams> = listRead(INVOICES, params);
  const key = Answers.key(read, params);
  const cached = answers.cached(read, key);
  if (cached !== undefined) return entryReply(SENDING, cached, "hit", call);
  const found = (await answers.fetch(read, params, key))!;
  return entryReply(SENDING, found.entry, found.from, call);
}

const invoiceRoutes = (answers: Answers): Route[] => [
  invoiceListRoute(answers),
  ownRoute(entityRoute(INVOICES, "customer", answers), checkInvoice),
  ownRoute(
    {
      path: "/v1/invoices/{id}/lines",
      access: "customer",
      tag: "shop",
      operationId: "listInvoiceLines",
      summary: "An invoice's lines",
      description: "404 when there is no such invoice.",
      read: LINES_READ,
      answers,
      response: { description: "A page.", body: pageSchema(lineSchema) },
    },
    checkInvoice,
  ),
];

/** Staff sell to any customer, also with an earlier date; others buy for their own customer, now. */
function purchaseOf({ principal: { user, permissions } }: Call, body: Purchase) {
  if (permissions.has("shop:write")) {
    if (body.customer_id !== undefined || user !== null)
      return body.customer_id === undefined ? { ...body, user: user! } : body;
    throw new AppError("invalid", { errors: [{ pointer: "/customer_id", detail: "is required" }] });
  }
  if (body.invoice_date !== undefined)
    throw new AppError("forbidden", { detail: "needs the permission shop:write to date a purchase" });
  if (user === null || !permissions.has("library"))
    throw new AppError("forbidden", { detail: "needs the permission library, or shop:write" });
  return { ...body, user };
}

const purchaseRoutes = (writes: Writes): Route[] => [
  route({
    method: "POST",
    batch: true,
    path: "/v1/purchases",
    access: "customer",
    tag: "shop",
    operationId: "purchase",
    summary: "Buy tracks",
    description:
      "One invoice at current prices, with the customer's address unless another is given. Bought tracks cannot be deleted (409 `in_use`), so that invoices stay readable.",
    body: purchaseBody,
    headers: ["Idempotency-Key"],
    responses: {
      201: {
        description: "The invoice.",
        body: invoiceWithLines,
        headers: ["Location", "Idempotency-Replayed"],
      },
    },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body, text } = await bodyOf(call, purchaseBody as z.ZodType<Purchase>);
      const input = purchaseOf(call, body);
      return create(writes, call, PURCHASE_COMMANDS.purchase, input, text, (id) => `/v1/invoices/${id}`);
    },
  }),
  route({
    method: "POST",
    batch: true,
    path: "/v1/invoices/{id}/refunds",
    access: "shop:write",
    tag: "shop",
    operationId: "refund",
    summary: "Refund an invoice, or lines of it",
    description:
      "Creates an invoice with negative prices. At most the bought quantity of a line is refunded; 409 `already_exists` if nothing is left.",
    parameters: idParameter,
    body: refundBody,
    headers: ["Idempotency-Key"],
    responses: {
      201: {
        description: "The refund's invoice.",
        body: invoiceWithLines,
        headers: ["Location", "Idempotency-Replayed"],
      },
    },
    failures: ["already_exists"],
    handle: async (call) => {
      const id = idOf(call);
      const { body, text } = await bodyOf(call, refundBody as z.ZodType<Refund>);
      const input = { id, body };
      return create(writes, call, PURCHASE_COMMANDS.refund, input, text, (made) => `/v1/invoices/${made}`);
    },
  }),
];

export const shopRoutes = (answers: Answers, writes: Writes): Route[] => [
  ...peopleRoutes(CUSTOMERS, answers, writes),
  ...peopleRoutes(EMPLOYEES, answers, writes),
  ...invoiceRoutes(answers),
  ...purchaseRoutes(writes),
];
