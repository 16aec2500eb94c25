import { z } from "zod";
import type { Advice, Plan } from "../../../shared/advice.ts";
import { AppError } from "../../../shared/errors.ts";
import { bodyOf, noParameters, parseQuery, pathOf, validate } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { type KnownStatement, SORTS, sorted } from "./statements.ts";

/** Parts of the feature that the routes need. */
export interface QueriesContext {
  readonly statements: () => Promise<KnownStatement[]>;
  /** In the order of the texts. */
  readonly plans: (statements: readonly string[]) => Promise<readonly Plan[]>;
  /** @throws AppError `sql_refused` unless the text is a read-only statement. */
  readonly explain: (sql: string) => Promise<Plan>;
  readonly advise: (statements: readonly Advised[], seconds: number) => Promise<Advice>;
  readonly tables: () => Promise<unknown>;
  readonly indexes: () => Promise<unknown>;
  /** When counting began. */
  readonly since: string;
}

export interface Advised {
  readonly sql: string;
  readonly params: KnownStatement["costs"]["params"];
  readonly count: number;
}

const MAX_STATEMENTS = 500;
/** Number of statements analysed, those with the highest total time first. */
const ADVISED = 30;

const limit = (max: number, initial: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(max)
    .default(initial)
    .meta({
      override: { type: "integer", minimum: 1, maximum: max, default: initial },
      description: "Maximum number of statements.",
    });

const listQuery = z.strictObject({
  sort: z.enum(SORTS).default("total").meta({ description: "Most first." }),
  limit: limit(MAX_STATEMENTS, 50),
});
const slowQuery = z.strictObject({ limit: limit(50, 10) });
const onePath = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9a-f]{8}$/, "must be a statement's id")
    .meta({ description: "A statement's id.", example: "1f0c9a2e" }),
});
const sqlText = z.string().min(1).max(100_000);
const explainBody = z.strictObject({ sql: sqlText.meta({ description: "One read-only statement." }) });
const adviceBody = z.strictObject({
  id: onePath.shape.id.optional(),
  sql: sqlText.optional().meta({ description: "One read-only statement, with its values as literals." }),
  seconds: z.int().min(1).max(300).default(30).meta({ description: "Time to try indexes." }),
});

const ms = z.number().meta({ description: "Milliseconds." });
const figures = {
  id: z.string(),
  read: z
    .string()
    .nullable()
    .meta({ description: "The read that it belongs to; null for a statement of commands." }),
  sql: z.string().meta({ description: "Its text. Values are bound, so all runs share one text." }),
  ...{ count: z.int(), failures: z.int() },
  ...{ total_ms: ms, p50_ms: ms, p95_ms: ms, p99_ms: ms, max_ms: ms },
  rows: z.int().meta({ description: "Rows returned; a read returns one, whose text is the whole answer." }),
  changes: z.int().meta({ description: "Rows inserted, updated or deleted." }),
  characters: z.int().meta({ description: "Total length of all answers." }),
};
const finding = z
  .object({
    kind: z.enum(["full_scan", "index_scan", "sort", "automatic_index", "unusable"]),
    table: z.string().nullable(),
    rows: z.int().nullable().meta({ description: "Approximate number of rows of the table." }),
    step: z.string(),
  })
  .meta({ id: "PlanFinding" });
const plan = z.object({ steps: z.array(z.string()), findings: z.array(finding) }).meta({ id: "QueryPlan" });
const statement = z.object(figures).meta({ id: "StatementFigures" });
const explained = z.object({ ...figures, plan }).meta({ id: "ExplainedStatement" });
const since = z.iso.datetime().meta({ description: "When the counting began." });
const proposal = z
  .object({
    sql: z.string(),
    table: z.string(),
    columns: z.array(z.string()),
    bytes: z.int(),
    build_ms: ms,
    write_ms: z.number().meta({ description: "Additional milliseconds for each written row." }),
    gains: z.array(
      z.object({
        id: z.string(),
        read: z.string().nullable(),
        count: z.int(),
        without_ms: ms,
        with_ms: ms,
        sql: z.string(),
      }),
    ),
  })
  .meta({ id: "IndexProposal" });

const answer = (body: unknown) => json(200, JSON.stringify(body), { "cache-control": "no-store" });

const queryOf = <T extends z.ZodObject>(call: Call, schema: T): z.infer<T> =>
  validate(schema, parseQuery(call.url), "parameter") as z.infer<T>;

const common = { tag: "admin", access: "operate:read" } as const;

export const queryRoutes = (context: QueriesContext): Route[] => [
  route({
    ...common,
    method: "GET",
    path: "/admin/queries",
    operationId: "listStatements",
    summary: "Costs of the statements of reads and commands",
    description: `Since the server started. About ${MAX_STATEMENTS} texts with the highest total time are kept for each side.`,
    parameters: listQuery,
    responses: {
      200: { description: "The statements.", body: z.object({ since, data: z.array(statement) }) },
    },
    handle: async (call) => {
      const { sort, limit } = queryOf(call, listQuery);
      const known = sorted(await context.statements(), sort).slice(0, limit);
      return answer({ since: context.since, data: known.map(({ figures }) => figures) });
    },
  }),
  route({
    ...common,
    method: "GET",
    path: "/admin/queries/slow",
    operationId: "listSlowStatements",
    summary: "The statements with the highest total time, with their plans",
    parameters: slowQuery,
    responses: {
      200: { description: "The statements.", body: z.object({ since, data: z.array(explained) }) },
    },
    handle: async (call) => {
      const known = sorted(await context.statements(), "total").slice(0, queryOf(call, slowQuery).limit);
      return answer({ since: context.since, data: await withPlans(context, known) });
    },
  }),
  route({
    ...common,
    method: "GET",
    path: "/admin/queries/{id}",
    operationId: "getStatement",
    summary: "A statement with its plan",
    parameters: onePath,
    responses: { 200: { description: "The statement.", body: explained } },
    failures: ["not_found"],
    handle: async (call) => {
      const { id } = pathOf<z.infer<typeof onePath>>(call, onePath);
      return answer((await withPlans(context, [await one(context, id)]))[0]);
    },
  }),
  route({
    ...common,
    method: "POST",
    path: "/admin/explain",
    access: "operate",
    operationId: "explainSql",
    summary: "How SQLite would run a statement",
    parameters: noParameters,
    body: explainBody,
    responses: { 200: { description: "The plan; nothing was run.", body: plan } },
    failures: ["sql_refused", "sql_too_expensive", "sql_unavailable", "overloaded"],
    handle: async (call) => {
      pathOf(call, noParameters);
      return answer(await context.explain((await bodyOf(call, explainBody)).body.sql));
    },
  }),
  route({
    ...common,
    method: "POST",
    path: "/admin/advice",
    access: "operate",
    operationId: "adviseIndexes",
    summary: "Which indexes would make statements faster",
    description: `Builds indexes in a copy of the database, and measures the statements without and with each: one statement, by its id or text, or the ${ADVISED} with the highest total time.`,
    parameters: noParameters,
    body: adviceBody,
    responses: {
      200: {
        description: "Indexes that helped, the best first.",
        body: z.object({
          proposals: z.array(proposal),
          tried: z.int(),
          complete: z.boolean().meta({ description: "Whether everything could be tried in time." }),
          statements: z.int(),
        }),
      },
    },
    failures: [
      "not_found",
      "sql_refused",
      "sql_too_expensive",
      "sql_unavailable",
      "overloaded",
      "disk_full",
      "backup_running",
    ],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { id, sql, seconds } = (await bodyOf(call, adviceBody)).body;
      return answer(await advise(context, await advised(context, id, sql), seconds));
    },
  }),
  route({
    ...common,
    method: "GET",
    path: "/admin/tables",
    operationId: "listTables",
    summary: "Tables with their sizes, and the space that VACUUM would free",
    parameters: noParameters,
    responses: { 200: { description: "Largest first.", body: z.looseObject({}) } },
    failures: ["sql_too_expensive", "overloaded"],
    handle: async (call) => {
      pathOf(call, noParameters);
      return answer(await context.tables());
    },
  }),
  route({
    ...common,
    method: "GET",
    path: "/admin/indexes",
    operationId: "listIndexes",
    summary: "Indexes with their sizes, and which are used, unused or duplicates",
    description: "`used_by` counts statements that the server has run since it started, by their plans.",
    parameters: noParameters,
    responses: {
      200: {
        description: "By table.",
        body: z.object({ since, statements: z.int(), data: z.array(z.looseObject({})) }),
      },
    },
    failures: ["sql_too_expensive", "overloaded"],
    handle: async (call) => {
      pathOf(call, noParameters);
      return answer(await context.indexes());
    },
  }),
];

async function withPlans({ plans }: QueriesContext, known: readonly KnownStatement[]) {
  const of = await plans(known.map(({ costs }) => costs.sql));
  return known.map(({ figures }, i) => ({ ...figures, plan: of[i]! }));
}

/** @throws AppError `not_found`. */
async function one({ statements }: QueriesContext, id: string): Promise<KnownStatement> {
  const known = (await statements()).find(({ figures }) => figures.id === id);
  if (known === undefined)
    throw new AppError("not_found", { detail: `no statement ${id} has run since the start` });
  return known;
}

type Asked = Advised & { readonly id: string; readonly read: string | null; readonly text: string };

const asked = ({ costs, figures }: KnownStatement): Asked => ({
  ...{ sql: costs.sql, params: costs.params, count: figures.count },
  ...{ id: figures.id, read: figures.read, text: figures.sql },
});

/** @throws AppError `not_found`, `sql_refused`. */
async function advised(context: QueriesContext, id?: string, sql?: string): Promise<Asked[]> {
  if (id !== undefined) return [asked(await one(context, id))];
  if (sql === undefined)
    return sorted(await context.statements(), "total")
      .slice(0, ADVISED)
      .map(asked);
  await context.explain(sql);
  return [{ sql, params: {}, count: 1, id: "", read: null, text: sql }];
}

async function advise({ advise }: QueriesContext, statements: readonly Asked[], seconds: number) {
  const { proposals, ...rest } = await advise(
    statements.map(({ sql, params, count }) => ({ sql, params, count })),
    seconds,
  );
  const named = proposals.map(({ gains, ...proposal }) => ({
    ...proposal,
    gains: gains.map(({ statement, without_ms, with_ms }) => {
      const { id, read, count, text } = statements[statement]!;
      return { id, read, count, without_ms, with_ms, sql: text };
    }),
  }));
  return { proposals: named, ...rest, statements: statements.length };
}
