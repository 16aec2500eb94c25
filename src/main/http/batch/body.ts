import { z } from "zod";
import type { JsonBounds } from "../json-bounds.ts";

export const MAX_OPERATIONS = 1_000;
/** A thousand operations with a dozen fields each. */
export const BATCH_BOUNDS: JsonBounds = { bytes: 2 * 1_048_576, values: 40_000 };

const operation = z
  .strictObject({
    method: z.enum(["POST", "PUT", "PATCH", "DELETE"]),
    path: z
      .string()
      .min(1)
      .max(2_000)
      .regex(/^\/v1\/[\x21-\x7e]+$/, "must be the path of a route, such as /v1/tracks/1")
      .meta({ example: "/v1/tracks" }),
    body: z
      .unknown()
      .optional()
      .meta({ description: "The body that the route takes.", example: { name: "Harbour Lights" } }),
    if_match: z.string().max(1_000).optional().meta({
      description: "The header of this name, if the route supports it.",
      example: '"1-2026-01-31T12:00:00.000Z"',
    }),
  })
  .meta({ id: "BatchOperation" });

export const batchBody = z
  .strictObject({
    mode: z.enum(["atomic", "each"]).meta({
      description: "`atomic`: all operations take effect, or none. `each`: each one independently.",
    }),
    operations: z.array(operation).min(1).max(MAX_OPERATIONS),
  })
  .meta({ id: "Batch" });
export type Batch = z.infer<typeof batchBody>;
export type Operation = Batch["operations"][number];

export const resultsSchema = z
  .object({
    results: z.array(
      z.object({
        status: z.int().min(200).max(599),
        body: z.unknown().meta({ description: "The route's answer; null if it has none." }),
        etag: z.string().optional(),
      }),
    ),
  })
  .meta({ id: "BatchResults" });
