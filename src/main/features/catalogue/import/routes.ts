import { z } from "zod";
import { parseQuery, streamOf, validate } from "../../../http/input.ts";
import { json } from "../../../http/reply.ts";
import { type Route, route } from "../../../http/route.ts";
import { jobSchema } from "../../jobs/feature.ts";
import { nounOf, topicOf } from "../export/export.ts";
import type { Imports } from "./imports.ts";
import { PORTABLES } from "./portable.ts";
import { MAX_WHOLE, MODES, type Mode } from "./run.ts";

/** Bytes of a file. */
const MAX_BYTES = 1_073_741_824;

const ACCEPTS = ["application/x-ndjson", "text/csv"] as const;

const parameters = z.strictObject({
  mode: z
    .enum(MODES)
    .default("each")
    .meta({
      description: `\`each\`: every line by itself. \`whole\`: all of up to ${MAX_WHOLE} lines in one transaction, or none.`,
    }),
});

const DESCRIPTION = `Lines as \`/v1/export\` gives them, JSON (\`application/x-ndjson\`) or CSV (\`text/csv\`, with a first line of column names). What follows from other fields may be left out. Taken whole, then imported as a job, whose \`result\` is the report: how many lines created, changed and left as they are, and which were refused and why (the first 100).

A line is all or nothing. It is the entity of its \`id\`, or without one of its \`public_id\`; without either it gets a \`public_id\` that is derived from it. So the same file again changes nothing. Fields that are left out stay as they are. A line that refers to a later one is tried again at the end.

What listeners own is not imported. One import runs at a time.`;

export const importRoutes = (imports: Imports): Route[] =>
  PORTABLES.map((portable) =>
    route({
      method: "POST",
      path: `/v1/import/${portable.path}`,
      access: "operate",
      tag: topicOf(portable.path),
      operationId: `import${portable.type}s`,
      summary: `Import ${nounOf(portable)} from JSON lines or CSV`,
      description: DESCRIPTION,
      parameters,
      accepts: ACCEPTS,
      responses: { 202: { description: "The job.", body: jobSchema, headers: ["Location"] } },
      failures: ["import_running"],
      handle: async (call) => {
        const { mode } = validate(parameters, parseQuery(call.url), "parameter") as { mode: Mode };
        const { type, chunks } = streamOf(call.incoming, ACCEPTS, MAX_BYTES);
        const job = await imports.begin({ portable, csv: type === "text/csv", mode }, chunks);
        return json(202, JSON.stringify(job), {
          "cache-control": "no-store",
          location: `/admin/jobs/${job.id}`,
        });
      },
    }),
  );
