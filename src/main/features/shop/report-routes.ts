import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import type { Read } from "../../engine/reads/read.ts";
import { CSV_TYPE, type CsvRow, csvHead, csvLines, wantsCsv } from "../../http/csv.ts";
import { entryReply, tagged } from "../../http/entry-reply.ts";
import { parseQuery, validate } from "../../http/input.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import {
  type Period,
  REVENUE_READ,
  type RevenueParams,
  revenueParams,
  SUMMARY_READ,
  summaryParams,
  TIMES,
} from "./reports.ts";

const sums = {
  revenue: z.number().meta({ description: "Payments less refunds.", example: 48.51 }),
  quantity: z.int().meta({ description: "Tracks sold less tracks refunded.", example: 49 }),
  invoices: z.int().min(0).meta({ description: "Invoices; refunds are none.", example: 9 }),
};
const before = {
  previous_revenue: z.number().optional(),
  previous_quantity: z.int().optional(),
  previous_invoices: z.int().min(0).optional(),
};
const rowSchema = z
  .object({
    key: z
      .union([z.string(), z.int()])
      .nullable()
      .meta({ description: "An id, a country or a time; null if there is none.", example: "2026-01" }),
    name: z.string().nullable().meta({ example: "2026-01" }),
    ...sums,
    ...before,
  })
  .meta({ id: "RevenueRow" });
const revenueSchema = z.object({ data: z.array(rowSchema) }).meta({ id: "Revenue" });
const average = z
  .number()
  .nullable()
  .meta({ description: "Revenue by invoice; null without any.", example: 5.65 });
const summarySchema = z
  .object({ ...sums, average_invoice: average, ...before, previous_average_invoice: average.optional() })
  .meta({ id: "SalesSummary" });

const SENDING = { personal: true, aged: false, paged: false };

async function report<P extends Period>(
  answers: Answers,
  call: Call,
  read: Read<P>,
  params: P,
  columns: readonly string[],
): Promise<Reply> {
  const key = Answers.key(read, params);
  const cached = answers.cached(read, key);
  const found =
    cached === undefined ? await answers.fetch(read, params, key) : { entry: cached, from: "hit" as const };
  if (found === null) throw new AppError("not_found");
  if (!wantsCsv(call.incoming.headers.accept)) {
    const reply = entryReply(SENDING, found.entry, found.from, call);
    return { ...reply, headers: { ...reply.headers, vary: "accept" } };
  }
  const compared =
    params.compare === undefined ? columns : [...columns, ...columns.filter(isSum).map(previous)];
  return tagged(call, csvReply(found.entry.body, compared));
}

const CSV_HEADERS = {
  "content-type": CSV_TYPE,
  "cache-control": "private, no-cache",
  vary: "accept",
};

function csvReply(body: string, columns: readonly string[]): Reply & { readonly body: string } {
  const parsed = JSON.parse(body) as { data?: CsvRow[] };
  const rows = parsed.data ?? [parsed as CsvRow];
  return json(200, csvHead(columns) + csvLines(rows, columns, true), CSV_HEADERS);
}

const isSum = (column: string): boolean => column !== "key" && column !== "name";
const previous = (column: string): string => `previous_${column}`;

const refuse = (parameter: string, detail: string) =>
  new AppError("invalid", { errors: [{ parameter, detail }] });

/** @throws AppError `invalid`. */
function checkPeriod({ from, to, compare }: Period, by?: RevenueParams["by"]): void {
  if (from !== undefined && to !== undefined && from > to) throw refuse("to", "must not be before `from`");
  if (compare === undefined) return;
  if (from === undefined || to === undefined) throw refuse("compare", "needs `from` and `to`");
  if (by !== undefined && TIMES.has(by))
    throw refuse("compare", "cannot be used with sums by time: request each period by itself");
}

const RESPONSE_HEADERS = ["ETag", "Cache-Control", "Cache-Status"] as const;

export const reportRoutes = (answers: Answers): Route[] => [
  route({
    method: "GET",
    path: "/v1/reports/revenue",
    access: "shop:read",
    load: "search",
    tag: "reports",
    operationId: "reportRevenue",
    summary: "Revenue by time, place, music or people",
    description:
      "Times in order, everything else by highest revenue: `customer` lists the best customers. Without `from` and `to`, all sales. As CSV for `Accept: text/csv`.",
    parameters: revenueParams,
    headers: ["If-None-Match", "If-Match"],
    responses: {
      200: { description: "The sums.", body: revenueSchema, also: "text/csv", headers: RESPONSE_HEADERS },
    },
    handle: (call) => {
      const params = validate(revenueParams, parseQuery(call.url), "parameter") as unknown as RevenueParams;
      checkPeriod(params, params.by);
      const columns = ["key", "name", "revenue", "quantity", "invoices"];
      return report(answers, call, REVENUE_READ, params, columns);
    },
  }),
  route({
    method: "GET",
    path: "/v1/reports/summary",
    access: "shop:read",
    load: "search",
    tag: "reports",
    operationId: "reportSummary",
    summary: "Revenue, invoices and the average invoice of a period, also compared with another",
    description: "As CSV for `Accept: text/csv`.",
    parameters: summaryParams,
    headers: ["If-None-Match", "If-Match"],
    responses: {
      200: { description: "The sums.", body: summarySchema, also: "text/csv", headers: RESPONSE_HEADERS },
    },
    handle: (call) => {
      const params = validate(summaryParams, parseQuery(call.url), "parameter") as unknown as Period;
      checkPeriod(params);
      const columns = ["revenue", "quantity", "invoices", "average_invoice"];
      return report(answers, call, SUMMARY_READ, params, columns);
    },
  }),
];
