import { z } from "zod";
import type { AdoptReport } from "../../../shared/protocol.ts";
import { text } from "../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { empty, json, type Reply } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { Loading } from "./loading.ts";

export interface LoadingOptions {
  readonly loading: Loading;
  /** False where a replicator follows the file. */
  readonly replaceable: boolean;
  /** Puts the catalogue that was loaded beside this one in its place. */
  readonly adopt: () => Promise<AdoptReport>;
}

const rows = z.int().min(0).max(1_000_000_000);
const progressBody = z.strictObject({ phase: text(100), done: rows, total: rows });

const answer = (body: unknown): Reply => json(200, JSON.stringify(body), { "cache-control": "no-store" });

/**
 * What a process that loads a catalogue asks of the server that holds the database. No path comes with it: there is
 * one place beside the database, and whoever may write there may replace it.
 */
export const loadingRoutes = ({ loading, replaceable, adopt }: LoadingOptions): Route[] => [
  route({
    method: "POST",
    path: "/admin/bulk/begin",
    access: "operate",
    tag: "admin",
    summary: "Say that a catalogue is being loaded beside this one",
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
    summary: "Say how far the catalogue is that is being loaded beside this one",
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
    description: "In one step. Whatever is not of the catalogue stays.",
    responses: {
      200: {
        description: "Where the database of before is.",
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
