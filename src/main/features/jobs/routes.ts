import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { event, eventStream, HEARTBEAT, heard, wantsEvents } from "../../http/event-stream.ts";
import { idText } from "../../http/fields.ts";
import { parseQuery, pathOf, validate } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import type { Job, Jobs } from "./jobs.ts";
import { JOB_READ, JOBS_READ, type JobListParams, type JobRow, STATES } from "./store.ts";

export const jobSchema = z
  .object({
    id: z.int(),
    kind: z.string().meta({ example: "backup.create" }),
    state: z.enum(STATES).meta({ description: "`interrupted`: the server ended while it ran." }),
    phase: z.string().nullable(),
    done: z.int().min(0).meta({ description: "Rows, bytes or tracks, by its kind and phase." }),
    total: z.int().min(0).nullable(),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    result: z.unknown(),
    error: z.looseObject({ code: z.string(), detail: z.string() }).nullable(),
    rate: z.number().min(0).nullable().meta({ description: "`done` a second, while it runs." }),
    expected_at: z.iso.datetime().nullable().meta({ description: "When it will be done at this rate." }),
    cancellable: z.boolean(),
  })
  .meta({ id: "Job" });

const idParameter = z.strictObject({ id: idText });
const NO_STORE = { "cache-control": "no-store" };

export interface JobRoutesOptions {
  readonly jobs: Jobs;
  readonly answers: Answers;
}

/** A stored job, as it is now. */
const current = (jobs: Jobs, row: JobRow): Job =>
  jobs.running(row.id) ?? { ...row, rate: null, expected_at: null, cancellable: false };

/** @throws AppError `not_found`. */
async function find({ jobs, answers }: JobRoutesOptions, id: number): Promise<Job> {
  const found = await answers.fetch(JOB_READ, { id }, Answers.key(JOB_READ, { id }));
  if (found === null) throw new AppError("not_found");
  return current(jobs, JSON.parse(found.entry.body));
}

async function list({ jobs, answers }: JobRoutesOptions, call: Call): Promise<Reply> {
  const params = validate(JOBS_READ.params, parseQuery(call.url), "parameter") as JobListParams;
  const found = await answers.fetch(JOBS_READ, params, Answers.key(JOBS_READ, params));
  const { data, next } = JSON.parse(found!.entry.body) as { data: JobRow[]; next: string | null };
  return json(200, JSON.stringify({ data: data.map((row) => current(jobs, row)), next }), NO_STORE);
}

const HEARTBEAT_MS = 15_000;
/** Milliseconds between two events of a job that goes on. */
const PAUSE_MS = 200;

/** The job whenever it has changed, until it has ended. */
function stream(options: JobRoutesOptions, id: number): Reply {
  const { jobs } = options;
  let sent = "";
  let ended = false;
  return eventStream("jobs", async (signal) => {
    for (let quiet = performance.now(); !ended && !signal.aborted; ) {
      const ring = jobs.bell.next;
      const job = await find(options, id);
      const { rate: _, expected_at: __, ...told } = job;
      const text = JSON.stringify(told);
      if (text !== sent) {
        if (sent !== "") await heard(new Promise(() => {}), PAUSE_MS, signal);
        sent = text;
        ended = job.state !== "running";
        return event("progress", JSON.stringify(job));
      }
      await heard(ring, HEARTBEAT_MS, signal);
      if (performance.now() - quiet >= HEARTBEAT_MS) return HEARTBEAT;
    }
    return undefined;
  });
}

export const jobRoutes = (options: JobRoutesOptions): Route[] => [
  route({
    method: "GET",
    path: "/admin/jobs",
    access: "operate:read",
    tag: "admin",
    operationId: "listJobs",
    summary: "Long work, newest first",
    description: "Backups, loads, imports, rebuilds and the like: the last 1,000.",
    parameters: JOBS_READ.params as unknown as z.ZodObject,
    responses: { 200: { description: "A page.", body: pageSchema(jobSchema) } },
    handle: (call) => list(options, call),
  }),
  route({
    method: "GET",
    path: "/admin/jobs/{id}",
    access: "operate:read",
    tag: "admin",
    operationId: "getJob",
    summary: "How a job goes",
    description: "With `Accept: text/event-stream` an event whenever it has changed, until it has ended.",
    parameters: idParameter,
    responses: { 200: { description: "The job.", body: jobSchema, also: "text/event-stream" } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const job = await find(options, id);
      return wantsEvents(call) ? stream(options, id) : json(200, JSON.stringify(job), NO_STORE);
    },
  }),
  route({
    method: "DELETE",
    path: "/admin/jobs/{id}",
    access: "operate",
    tag: "admin",
    operationId: "cancelJob",
    summary: "Cancel a job",
    description: "Where that is safe; otherwise, and when it has ended: 409 `not_cancellable`.",
    parameters: idParameter,
    responses: { 202: { description: "It is being stopped.", body: jobSchema } },
    failures: ["not_cancellable"],
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const cancelled = options.jobs.cancel(id);
      if (cancelled !== undefined) return json(202, JSON.stringify(cancelled), NO_STORE);
      const { state } = await find(options, id);
      throw new AppError("not_cancellable", { detail: `it is ${state}` });
    },
  }),
];
