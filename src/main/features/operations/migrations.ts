import { z } from "zod";
import { Answers } from "../../engine/reads/answers.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";
import type { Storage } from "../../engine/storage/storage.ts";
import { noParameters, pathOf } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";

/** Maximum changes of the schema in an answer, the latest. */
const MOST_EVENTS = 200;

export const SCHEMA_HISTORY_READ: Read<Nothing> = read({
  name: "operations.schema_history",
  lane: "point",
  params: nothing,
  statement: () => ({
    sql: `
      SELECT json_group_array(json_object('migration', migration, 'direction', direction,
        'finished_at', finished_at, 'milliseconds', milliseconds, 'by', by)), '', NULL
      FROM (SELECT * FROM schema_history ORDER BY id DESC LIMIT ${MOST_EVENTS})`,
    params: {},
  }),
  cache: UNCACHED,
});

const bodySchema = z.object({
  version: z.int().meta({ description: "The number of the last one applied." }),
  data: z.array(
    z
      .object({ id: z.int(), name: z.string(), applied_at: z.iso.datetime().nullable() })
      .meta({ id: "Migration" }),
  ),
  history: z
    .array(
      z
        .object({
          migration: z.string(),
          direction: z.enum(["up", "down"]),
          finished_at: z.iso.datetime(),
          milliseconds: z.number(),
          by: z.string().meta({ description: "`user@host`." }),
        })
        .meta({ id: "SchemaChange" }),
    )
    .meta({ description: `Latest first, up to ${MOST_EVENTS}.` }),
});

/** No route migrates: a migration needs the database exclusively, so it is a CLI command. */
export const migrationsRoute = (storage: Storage, answers: Answers): Route =>
  route({
    method: "GET",
    path: "/admin/migrations",
    access: "operate:read",
    tag: "admin",
    operationId: "listMigrations",
    summary: "The schema's migrations, and their history",
    description: "`chinook migrate up` and `chinook migrate down` change the schema, while no server runs.",
    parameters: noParameters,
    responses: { 200: { description: "All of them, in order.", body: bodySchema } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const key = Answers.key(SCHEMA_HISTORY_READ, {});
      const [migrations, history] = await Promise.all([
        storage.migrations(),
        answers.fetch(SCHEMA_HISTORY_READ, {}, key),
      ]);
      const data = migrations.map(({ id, name, appliedAt }) => ({ id, name, applied_at: appliedAt }));
      const body = { version: storage.schemaVersion, data, history: JSON.parse(history!.entry.body) };
      return json(200, JSON.stringify(body), { "cache-control": "no-store" });
    },
  });
