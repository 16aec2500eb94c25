import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { decodeCursor, type PageParams, pageOf } from "../../engine/reads/page.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";
import { idText, pageParameters, text } from "../../http/fields.ts";

export const STATES = ["running", "done", "failed", "cancelled", "interrupted"] as const;
export type JobState = (typeof STATES)[number];

/** As it is stored: what changes while it runs is written now and then, the end at once. */
export interface JobRow {
  readonly id: number;
  readonly kind: string;
  readonly state: JobState;
  readonly phase: string | null;
  readonly done: number;
  readonly total: number | null;
  readonly started_at: string;
  readonly finished_at: string | null;
  readonly result: unknown;
  readonly error: { readonly code: string; readonly detail: string } | null;
}

const JOB_JSON = `json_object('id', t.id, 'kind', t.kind, 'state', t.state, 'phase', t.phase, 'done', t.done,
  'total', t.total, 'started_at', t.started_at, 'finished_at', t.finished_at, 'result', json(t.result),
  'error', json(t.error))`;

export interface JobListParams extends PageParams {
  readonly state?: JobState | undefined;
  readonly kind?: string | undefined;
}

/** Jobs that are kept. */
const KEPT = 1_000;

const FILTERS = { state: "t.state = likely(@state)", kind: "t.kind = likely(@kind)" } as const;

/** Newest first. Few are kept, so a filter looks through them. */
export const JOBS_READ: Read<JobListParams> = read({
  name: "jobs.list",
  lane: "point",
  params: z.strictObject({
    ...pageParameters("-id"),
    state: z.enum(STATES).optional(),
    kind: text(100).optional().meta({ description: "Such as `backup.create`." }),
  }) as unknown as z.ZodType<JobListParams>,
  statement: (params) => {
    const given = (["state", "kind"] as const).filter((name) => params[name] !== undefined);
    const conditions = given.map((name) => `AND +${FILTERS[name]}`);
    return {
      sql: pageOf(`SELECT ${JOB_JSON} AS item, t.id AS sort_key, t.id AS sort_id FROM jobs t
        WHERE t.id < likely(@after_id) ${conditions.join(" ")} ORDER BY t.id DESC LIMIT @limit + 1`),
      params: {
        limit: params.limit,
        sort: params.sort,
        after_id: decodeCursor(params)?.[1] ?? Number.MAX_SAFE_INTEGER,
        ...Object.fromEntries(given.map((name) => [name, params[name]!])),
      },
    };
  },
  cache: UNCACHED,
});

export const JOB_READ: Read<{ readonly id: number }> = read({
  name: "jobs.get",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `SELECT ${JOB_JSON}, '', NULL FROM jobs t WHERE t.id = likely(@id)`,
    params: { id },
  }),
  cache: UNCACHED,
});

const begin: Command<{ readonly kind: string }> = command({
  name: "jobs.begin",
  input: z.strictObject({ kind: z.string() }),
  statements: ({ kind }, { now }) => [
    statement(
      `DELETE FROM jobs WHERE id <= (SELECT max(id) FROM jobs) - ${KEPT - 1} AND state <> 'running'`,
      {},
    ),
    statement("INSERT INTO jobs (kind, state, started_at) VALUES (@kind, 'running', @now)", { kind, now }),
  ],
  answer: () =>
    statement(`SELECT ${JOB_JSON} AS body, NULL AS etag FROM jobs t WHERE t.id = last_insert_rowid()`, {}),
  audit: "none",
  tags: () => [],
});

export type JobUpdate = Pick<JobRow, "id" | "state" | "phase" | "done" | "total" | "finished_at"> & {
  /** JSON text. */
  readonly result: string | null;
  readonly error: string | null;
};

const update: Command<JobUpdate> = command({
  name: "jobs.update",
  input: z.custom<JobUpdate>(),
  statements: (values) => [
    statement(
      `UPDATE jobs SET state = @state, phase = @phase, done = @done, total = @total, finished_at = @finished_at,
         result = @result, error = @error WHERE id = likely(@id)`,
      values as unknown as Record<string, Param>,
    ),
  ],
  audit: "none",
  tags: () => [],
});

/** What runs when a server starts ran in one that has ended. */
const interrupt: Command<Nothing> = command({
  name: "jobs.interrupt",
  input: nothing,
  statements: (_, { now }) => [
    statement("UPDATE jobs SET state = 'interrupted', finished_at = @now WHERE state = 'running'", { now }),
  ],
  audit: "none",
  tags: () => [],
});

export const JOB_COMMANDS = { begin, update, interrupt };
