import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { MAX_BYTES, type SqlRunner } from "./sql-runner.ts";

const MAX_SQL = 100_000;
const MAX_ROWS = 10_000;
const scalar: z.ZodType<Param> = z.union([z.string(), z.number(), z.null()]);

const sqlBody = z.strictObject({
  sql: z
    .string()
    .min(1)
    .max(MAX_SQL)
    .meta({ description: "One statement.", example: "SELECT count(*) FROM tracks" }),
  params: z
    .union([z.array(scalar).max(1_000), z.record(z.string().max(100), scalar)])
    .default([])
    .meta({ description: "Values of `?`, in their order, or of `@name`, by name." }),
  limit: z
    .int()
    .min(1)
    .max(MAX_ROWS)
    .default(1_000)
    .meta({ description: "Maximum rows; `truncated` says whether there were more." }),
});

const sqlSchema = z
  .object({
    columns: z.array(z.string()),
    truncated: z.boolean(),
    ms: z.number().meta({ description: "Milliseconds in SQLite." }),
    rows: z.array(z.array(z.union([z.string(), z.number(), z.null()]))).meta({
      description: "Integers beyond the range of JSON numbers are texts; bytes are `x'…'`.",
    }),
  })
  .meta({ id: "SqlResult" });

export const sqlRoutes = (sql: SqlRunner, onRun: (call: Call, sql: string) => void): Route[] => [
  route({
    method: "POST",
    path: "/admin/sql",
    access: "operate",
    load: "search",
    tag: "admin",
    operationId: "runSql",
    summary: "Run read-only SQL",
    description: `One statement, which may read everything but secrets: their columns are NULL. It may take 5 seconds, 384 MiB of memory and ${MAX_BYTES / 1_048_576} MiB of answer. \`Accept: text/csv\` makes the answer CSV (RFC 4180), whose \`Truncated\` header says whether there were more rows.`,
    parameters: noParameters,
    body: sqlBody,
    responses: { 200: { description: "The rows.", body: sqlSchema, headers: ["Truncated"] } },
    failures: ["sql_refused", "sql_too_expensive", "sql_unavailable", "overloaded"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, sqlBody);
      const format = /\btext\/csv\b/.test(call.incoming.headers.accept ?? "") ? "csv" : "json";
      onRun(call, body.sql);
      const { limit: maxRows, ...rest } = body;
      const result = await sql.run({ ...rest, maxRows, format });
      return json(200, result.body, {
        "cache-control": "no-store",
        truncated: String(result.truncated),
        ...(format === "csv" ? { "content-type": "text/csv; charset=utf-8" } : {}),
      });
    },
  }),
];
