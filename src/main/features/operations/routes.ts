import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { actionRoute } from "../../http/action-route.ts";
import { noParameters, pathOf } from "../../http/input.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { ServerStatus } from "../feature.ts";

export interface OperationsOptions {
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ text: string; contentType: string }>;
  readonly optimize: () => Promise<{ ms: number }>;
  readonly checkpoint: () => Promise<{ complete: boolean; ms: number }>;
}

export interface Readiness {
  readonly status: ServerStatus | "failed";
  /** `loading`: another catalogue is being loaded beside the served one. */
  readonly catalogue: "ready" | "loading";
}

const uncached = (status: number, body: unknown): Reply =>
  json(status, JSON.stringify(body), { "cache-control": "no-store" });

/** Routes for orchestrators, Prometheus and operators. */
export const operationsRoutes = ({
  readiness,
  metrics,
  optimize,
  checkpoint,
}: OperationsOptions): Route[] => [
  route({
    method: "GET",
    path: "/livez",
    access: "open",
    tag: "operations",
    operationId: "livez",
    summary: "Whether the process is alive",
    description: "A liveness probe: restart the process if it fails.",
    responses: { 200: { description: "Alive.", body: z.object({ status: z.literal("alive") }) } },
    handle: (call) => {
      pathOf(call, noParameters);
      return uncached(200, { status: "alive" });
    },
  }),
  route({
    method: "GET",
    path: "/readyz",
    access: "open",
    tag: "operations",
    operationId: "readyz",
    summary: "Whether it serves: writer alive, readers open, migrated, not draining",
    description: "A readiness probe: on 503, send requests elsewhere.",
    responses: {
      200: {
        description:
          "Ready. `catalogue` says if another catalogue is being loaded, which does not affect readiness.",
        body: z.object({ status: z.literal("ready"), catalogue: z.literal("loading").optional() }),
      },
    },
    handle: (call) => {
      pathOf(call, noParameters);
      const { status, catalogue } = readiness();
      if (status === "draining") throw new AppError("closing", { detail: `the server is ${status}` });
      if (status !== "ok") throw new AppError("not_ready", { detail: `the server is ${status}` });
      return uncached(200, catalogue === "loading" ? { status: "ready", catalogue } : { status: "ready" });
    },
  }),
  route({
    method: "GET",
    path: "/metrics",
    access: "operate:read",
    tag: "operations",
    operationId: "metrics",
    summary: "Metrics in Prometheus' text format",
    description: "Names, labels and meanings are listed in `docs/metrics.md`.",
    responses: { 200: { description: "The metrics.", body: "text/plain" } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { text, contentType } = await metrics();
      return json(200, text, { "cache-control": "no-store", "content-type": contentType });
    },
  }),
  actionRoute(
    {
      method: "POST",
      path: "/admin/optimize",
      access: "operate",
      summary: "Refresh the query planner's statistics",
    },
    optimize,
  ),
  actionRoute(
    {
      method: "POST",
      path: "/admin/checkpoint",
      access: "operate",
      summary: "Checkpoint the WAL into the database file",
    },
    checkpoint,
  ),
];
