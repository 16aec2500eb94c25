import { z } from "zod";
import type { AdoptReport } from "../../../shared/protocol.ts";
import { text } from "../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { empty, json, type Reply } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { Loading } from "./loading.ts";

export interface LoadingOptions {
  readonly loading: Loading;
  /** False if a replicator follows the file. */
  readonly replaceable: boolean;
  /** Replaces this catalogue by the one that was loaded beside it. */
  readonly adopt: () => Promise<AdoptReport>;
}

const rows = z.int().min(0).max(1_000_000_000);
const progressBody = z.strictObject({ phase: text(100), done: rows, total: rows });

const answer = (body: unknown): Reply => json(200, JSON.stringify(body), { "cache-control": "no-store" });

/**
 * Requests of a process that loads a catalogue to the server that holds the database. They contain no path:
 * there is one place beside the database, and a process that can write there may replace the catalogue.
 */
export const loadingRoutes = ({ loading, replaceable, adopt }: LoadingOptions): Route[] => [
  route({
    method: "POST",
    path: "/admin/bulk/begin",
    access: "operate",
    tag: "admin",
    summary: "Announce that a catalogue is being loaded beside this one",
    description: "`/readyz` and `/health` say `loading` until the process that loads ends.",
    responses: { 200: { description: "Noted.", body: z.object({ replaceable: z.boolean() }) } },
    failures: ["import_refused"],
    handle: (call) => {
      pathOf(call, noParameters);
      loading.begin(replaceable);
      return answer({ replaceable });
    },
  }),
  route({
    method: "POST",
    path: "/admin/bulk/progress",
    access: "operate",
    tag: "admin",
    summary: "Report the progress of the catalogue that is being loaded beside this one",
    description: "Shown by the job `catalogue.load`.",
    body: progressBody,
    responses: { 204: { description: "Noted." } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body } = await bodyOf(call, progressBody);
      loading.report(body);
      return empty(204);
    },
  }),
  route({
    method: "POST",
    path: "/admin/bulk/adopt",
    access: "operate",
    tag: "admin",
    summary: "Serve the catalogue that was loaded beside this one",
    description: "Atomic. Data outside the catalogue is kept.",
    responses: {
      200: {
        description: "Path of the previous database.",
        body: z.object({ kept: z.string(), ms: z.number() }),
      },
    },
    failures: ["import_refused", "backup_running", "in_use"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { kept, ms } = await adopt();
      loading.adopted(kept);
      return answer({ kept, ms });
    },
  }),
];
