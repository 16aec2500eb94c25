import { z } from "zod";
import { RESOLUTIONS } from "../../../shared/history.ts";
import { noParameters, parseQuery, pathOf, validate } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { Counters } from "./counters.ts";
import type { History } from "./history.ts";
import type { Health } from "./sample.ts";

const HOUR_MS = 3_600_000;
/** More hours than both resolutions keep. */
const MAX_HOURS = 31 * 24;
/** Up to this many hours, the default resolution is `fine`. */
const FINE_HOURS = 2;

const historyQuery = z.strictObject({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(MAX_HOURS)
    .default(1)
    .meta({
      override: { type: "integer", minimum: 1, maximum: MAX_HOURS, default: 1 },
      description: "How far back.",
    }),
  resolution: z
    .enum(["fine", "coarse"])
    .optional()
    .meta({
      description: `\`fine\`: spans of ten seconds, kept a day; \`coarse\`: of five minutes, kept a month. By default \`fine\` up to ${FINE_HOURS} hours.`,
    }),
});

export interface VitalsContext {
  readonly counters: () => Promise<Counters>;
  readonly health: () => Health;
  readonly history: Pick<History, "read">;
}

const FRESH = { "cache-control": "no-store" };

export const vitalsRoutes = ({ counters, health, history }: VitalsContext): Route[] => [
  route({
    method: "GET",
    path: "/admin/history",
    access: "operate:read",
    tag: "admin",
    operationId: "getHistory",
    summary: "The server's history: rates, latencies, queues, sizes and errors, oldest first",
    parameters: historyQuery,
    responses: {
      200: {
        description: "The samples.",
        body: z.object({
          resolution: z.enum(["fine", "coarse"]),
          seconds: z.int(),
          data: z.array(z.looseObject({ at: z.iso.datetime() })),
        }),
      },
    },
    failures: ["overloaded"],
    handle: async (call) => {
      const { hours, resolution = hours <= FINE_HOURS ? "fine" : "coarse" } = validate(
        historyQuery,
        parseQuery(call.url),
        "parameter",
      );
      const { seconds, kept } = RESOLUTIONS[resolution];
      const to = Date.now() + HOUR_MS;
      const data = await history.read({ resolution, from: to - (hours + 1) * HOUR_MS, to, limit: kept });
      return json(200, `{"resolution":"${resolution}","seconds":${seconds},"data":${data}}`, FRESH);
    },
  }),
  route({
    method: "GET",
    path: "/admin/counters",
    access: "operate:read",
    tag: "admin",
    operationId: "getCounters",
    summary: "The input of `chinook monitor`: counts since the start, and current sizes",
    parameters: noParameters,
    responses: { 200: { description: "The counters.", body: z.looseObject({}) } },
    handle: async (call) => {
      pathOf(call, noParameters);
      return json(200, JSON.stringify({ ...(await counters()), health: health() }), FRESH);
    },
  }),
];
