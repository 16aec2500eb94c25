import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import { noParameters, pathOf } from "../catalogue/routes.ts";

/** The state of the server, as the health routes tell it. */
export interface Health {
  readonly status: "ok" | "starting" | "draining" | "failed";
  readonly writer: boolean;
  readonly readers: boolean;
  readonly schema_version: number;
  readonly uptime_seconds: number;
  readonly database_bytes: number;
  readonly wal_bytes: number;
  readonly queues: { readonly point: number; readonly scan: number; readonly write: number };
  readonly cache_bytes: number;
  readonly resident_bytes: number;
}

export interface OperationsOptions {
  readonly health: () => Health;
  readonly metrics: () => Promise<{ text: string; contentType: string }>;
}
const healthSchema = z.object({
  status: z.enum(["ok", "starting", "draining", "failed"]),
  writer: z.boolean(),
  readers: z.boolean(),
  schema_version: z.int(),
  uptime_seconds: z.number(),
  database_bytes: z.int(),
  wal_bytes: z.int(),
  queues: z.object({ point: z.int(), scan: z.int(), write: z.int() }),
  cache_bytes: z.int(),
  resident_bytes: z.int(),
});

const uncached = (status: number, body: unknown): Reply =>
  json(status, JSON.stringify(body), { "cache-control": "no-store" });

/** What orchestrators, Prometheus and operators ask. */
export const operationsRoutes = ({ health, metrics }: OperationsOptions): Route[] => [
  route({
    method: "GET",
    path: "/livez",
    tag: "operations",
    summary: "Whether the process is alive",
    responses: { 200: { description: "Alive.", body: z.object({ status: z.literal("alive") }) } },
    handle: (call) => {
      pathOf(call, noParameters);
      return uncached(200, { status: "alive" });
    },
  }),
  route({
    method: "GET",
    path: "/readyz",
    tag: "operations",
    summary: "Whether it serves: writer alive, readers open, migrated, not draining",
    responses: { 200: { description: "Ready.", body: z.object({ status: z.literal("ready") }) } },
    handle: (call) => {
      pathOf(call, noParameters);
      const { status } = health();
      if (status === "draining") throw new AppError("closing", { detail: `the server is ${status}` });
      if (status !== "ok") throw new AppError("not_ready", { detail: `the server is ${status}` });
      return uncached(200, { status: "ready" });
    },
  }),
  route({
    method: "GET",
    path: "/health",
    tag: "operations",
    summary: "The full health report",
    responses: {
      200: { description: "The report; 503 with the same body when not ok.", body: healthSchema },
    },
    handle: (call) => {
      pathOf(call, noParameters);
      const report = health();
      return uncached(report.status === "ok" ? 200 : 503, report);
    },
  }),
  route({
    method: "GET",
    path: "/metrics",
    tag: "operations",
    summary: "Metrics in Prometheus' text format",
    responses: { 200: { description: "The metrics.", body: "text/plain" } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { text, contentType } = await metrics();
      return json(200, text, { "cache-control": "no-store", "content-type": contentType });
    },
  }),
];
