import { z } from "zod";
import { idText } from "../../http/fields.ts";
import { parseQuery, pathOf, validate } from "../../http/input.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { BACKUP_ID, MANIFEST } from "./archive/manifest.ts";
import { PLACES } from "./archive/store.ts";
import { PHASES } from "./archive/unpack.ts";
import type { Backups } from "./backups.ts";
import { download, headed } from "./download.ts";
import type { Job } from "./job.ts";

const from = z
  .enum(PLACES)
  .default("folder")
  .meta({ description: "The store: the backup folder, or the bucket with the copies." });
const backupText = z
  .string()
  .refine((text) => text === "latest" || BACKUP_ID.test(text), "must be a backup's id, or latest")
  .meta({ description: "A backup's id, or `latest`.", example: "latest" });
const dryRun = z
  .enum(["0", "1"])
  .default("0")
  .meta({ description: "1 removes nothing and lists what would be removed." });

const createQuery = z.strictObject({
  reason: z.enum(["manual", "replacement"]).default("manual").meta({ description: "Why it is made." }),
});
const listQuery = z.strictObject({ from });
const verifyQuery = z.strictObject({ backup: backupText, from });
const dataPath = z.strictObject({ backup: backupText });
const pruneQuery = z.strictObject({ from, dry_run: dryRun });
const jobPath = z.strictObject({ id: idText });

const jobSchema = z
  .object({
    id: z.int(),
    job: z.enum(["create", "verify"]),
    status: z.enum(["running", "done", "failed"]),
    started_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
    phase: z.enum(PHASES).nullable(),
    done: z.int().meta({ description: "Bytes that the phase has processed." }),
    total: z.int(),
    backup: MANIFEST.nullable(),
    error: z.object({ code: z.string(), detail: z.string(), hint: z.string() }).nullable(),
  })
  .meta({ id: "BackupJob" });
/** Failures of a folder or a bucket. */
const STORES = ["backup_failed", "bucket_failed", "s3_client_missing"] as const;
const started = {
  202: { description: "Started. `Location` is the job's URL.", body: jobSchema, headers: ["Location"] },
} as const;

/** There is no route for restoring: it replaces the file that this server has open, so it is a CLI command. */
export const backupRoutes = (backups: Backups): Route[] => [
  route({
    method: "GET",
    path: "/admin/backups",
    access: "operate:read",
    tag: "admin",
    operationId: "listBackups",
    summary: "Backups, newest first",
    description: "Of the backup folder, or of the bucket with the copies.",
    parameters: listQuery,
    responses: { 200: { description: "All of them.", body: z.object({ data: z.array(MANIFEST) }) } },
    failures: STORES,
    handle: async (call) => answer(200, { data: await backups.list(queryOf(call, listQuery).from) }),
  }),
  route({
    method: "POST",
    path: "/admin/backups",
    access: "operate",
    tag: "admin",
    operationId: "createBackup",
    summary: "Make a backup",
    description: "One backup job runs at a time: 409 `backup_running` during another.",
    parameters: createQuery,
    responses: started,
    failures: ["backup_running"],
    handle: (call) => accepted(backups.create(queryOf(call, createQuery).reason)),
  }),
  route({
    method: "POST",
    path: "/admin/backups/{backup}/verify",
    access: "operate",
    tag: "admin",
    operationId: "verifyBackup",
    summary: "Read a backup back and check it",
    description: "Decompresses it, opens the database and checks its content.",
    parameters: verifyQuery,
    responses: started,
    failures: ["backup_running", "backup_unknown", ...STORES],
    handle: async (call) => {
      const { backup, from } = queryOf(call, verifyQuery, ["backup"]);
      return accepted(await backups.verify(from, backup));
    },
  }),
  route({
    method: "GET",
    path: "/admin/backups/{backup}/data",
    access: "operate",
    told: true,
    tag: "admin",
    operationId: "downloadBackup",
    summary: "Download a backup of the backup folder",
    description:
      "The whole database, with personal data and digests of secrets, as stored in the folder: compressed with Zstandard. Its size and SHA-256 are `bytes` and `sha256` of the list.",
    parameters: dataPath,
    responses: { 200: { description: "The data.", body: "application/zstd" } },
    failures: ["backup_unknown", "backup_failed", "overloaded"],
    handle: async (call) => {
      const { backup, file } = await backups.data(queryOf(call, dataPath, ["backup"]).backup);
      const name = `chinook-${backup.id}.sqlite.zst`;
      return call.method === "HEAD" ? headed(file, name) : download(file, name);
    },
  }),
  route({
    method: "POST",
    path: "/admin/backups/prune",
    access: "operate",
    tag: "admin",
    operationId: "pruneBackups",
    summary: "Remove the backups that retention does not keep",
    description: "With `dry_run=1` it only lists them.",
    parameters: pruneQuery,
    responses: {
      200: {
        description: "Kept and removed backups.",
        body: z.object({ kept: z.array(MANIFEST), removed: z.array(MANIFEST) }),
      },
    },
    failures: ["backup_running", ...STORES],
    handle: async (call) => {
      const { from, dry_run } = queryOf(call, pruneQuery);
      return answer(200, await backups.prune(from, dry_run === "1"));
    },
  }),
  route({
    method: "GET",
    path: "/admin/backups/jobs/{id}",
    access: "operate:read",
    tag: "admin",
    operationId: "getBackupJob",
    summary: "The state of a backup job",
    description: "404 for a job of an earlier run of the server.",
    parameters: jobPath,
    responses: { 200: { description: "The job; the last twenty are kept.", body: jobSchema } },
    handle: (call) => answer(200, backups.job(pathOf<{ id: number }>(call, jobPath).id)),
  }),
];

function queryOf<S extends z.ZodObject>(call: Call, schema: S, inPath: readonly string[] = []): z.infer<S> {
  const path = Object.fromEntries(inPath.map((name) => [name, call.param(name)]));
  return validate(schema, { ...parseQuery(call.url), ...path }, "parameter") as z.infer<S>;
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): Reply =>
  json(status, JSON.stringify(body), { "cache-control": "no-store", ...headers });

const accepted = (job: Readonly<Job>): Reply =>
  answer(202, job, { location: `/admin/backups/jobs/${job.id}` });
