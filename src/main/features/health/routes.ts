import { z } from "zod";
import { noParameters, pathOf } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { STATUSES, UNITS } from "./check.ts";
import type { Report } from "./health.ts";

const value = z.union([z.string(), z.number()]).nullable();
const checkSchema = z
  .object({
    name: z.string(),
    status: z.enum(STATUSES),
    value: value.meta({ description: "Null: not known (yet)." }),
    threshold: value.meta({ description: "What the value must stay below, or reach." }),
    unit: z.enum(UNITS).optional(),
    recommendation: z.string().optional().meta({ description: "What to do about it." }),
  })
  .meta({ id: "HealthCheck" });

const healthSchema = z
  .object({
    status: z.enum(STATUSES).meta({ description: "The worst of the checks." }),
    checks: z.array(checkSchema),
    server: z.enum(["starting", "ok", "draining"]),
    catalogue: z.enum(["ready", "loading"]),
    writer: z.boolean(),
    readers: z.boolean(),
    version: z.string(),
    schema_version: z.int(),
    uptime_seconds: z.number(),
    database_bytes: z.int(),
    wal_bytes: z.int(),
    queues: z.object({ point: z.int(), scan: z.int(), write: z.int() }),
    cache_bytes: z.int(),
    resident_bytes: z.int(),
  })
  .meta({ id: "Health" });

/** The checks and further figures. */
export type HealthReport = z.infer<typeof healthSchema>;

export const healthRoutes = (
  report: () => Promise<Report>,
  figures: () => Omit<HealthReport, keyof Report>,
): Route[] => [
  route({
    method: "GET",
    path: "/health",
    access: "operate:read",
    tag: "operations",
    operationId: "health",
    summary: "The server's health: every check, with a recommendation for each that is not ok",
    description:
      "For people and monitors; a load balancer asks `/readyz`. `warn`: look at it soon. `fail`: something does not work, or is about to stop working. docs/operating.md lists the checks.",
    responses: {
      200: { description: "The report; 503 with the same body when a check fails.", body: healthSchema },
    },
    handle: async (call) => {
      pathOf(call, noParameters);
      const found = await report();
      const body = { ...found, ...figures() };
      return json(found.status === "fail" ? 503 : 200, JSON.stringify(body), { "cache-control": "no-store" });
    },
  }),
];
