import { join } from "node:path";
import { expect, test } from "vitest";
import { expectProblem } from "../http/helpers.ts";
import {
  chinook,
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  remove,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

async function start(tracks = 500, settings: Record<string, string> = {}): Promise<TestServer> {
  return startServer(
    { CHINOOK_BACKUP_DIR: join(temporaryFolder(), "backups"), ...settings },
    { database: copyOf(await makeCatalogue(tracks)) },
  );
}

const jobsOf = async (server: TestServer, query = ""): Promise<Json[]> =>
  (await get(server, `/admin/jobs${query}`)).json.data;

/** The newest of a kind, once it has ended. */
async function ended(server: TestServer, kind: string, count = 1): Promise<Json> {
  for (;;) {
    const [job, ...before] = await jobsOf(server, `?kind=${kind}`);
    if (before.length + 1 >= count && job !== undefined && job.state !== "running") return job;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a backup is a job with phases and a result, and its stream ends with it", async () => {
  await using server = await start();
  expect((await post(server, "/admin/backups", {})).status).toBe(202);
  let [job] = await jobsOf(server);
  while (job === undefined) [job] = await jobsOf(server);
  const stream = await get(server, `/admin/jobs/${job.id}`, { accept: "text/event-stream" });
  const events = [...stream.text.matchAll(/^data: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
  expect(events.at(-1)).toMatchObject({ kind: "backup.create", state: "done", result: { reason: "manual" } });
  const { json } = await get(server, `/admin/jobs/${job.id}`);
  expect(json).toMatchObject({ state: "done", cancellable: false, finished_at: expect.any(String) });
  expect(await jobsOf(server, "?state=running")).toEqual([]);
  expect(await jobsOf(server, "?state=done&kind=backup.create")).toHaveLength(1);
  expectProblem(await remove(server, `/admin/jobs/${job.id}`), 409, "not_cancellable");
  expectProblem(await get(server, "/admin/jobs/999999"), 404, "not_found");
  expectProblem(await get(server, "/admin/jobs?state=lost"), 422, "invalid");
}, 60_000);

test("a backup that is cancelled leaves none, and the next one is made", async () => {
  await using server = await start(20_000);
  await post(server, "/admin/backups", {});
  let [job] = await jobsOf(server);
  while (job === undefined) [job] = await jobsOf(server);
  const answer = await remove(server, `/admin/jobs/${job.id}`);
  expect(answer.status, answer.text).toBe(202);
  expect((await ended(server, "backup.create")).state).toBe("cancelled");
  expect((await get(server, "/admin/backups")).json.data).toEqual([]);
  expect((await post(server, "/admin/backups", {})).status).toBe(202);
  expect((await ended(server, "backup.create", 2)).state).toBe("done");
}, 120_000);

test("a job of a killed server is marked as interrupted", async () => {
  const first = await start(20_000);
  await post(first, "/admin/backups", {});
  while ((await jobsOf(first, "?state=running")).length === 0);
  await first.kill();
  await using second = await startServer({}, { database: first.database });
  const [job] = await jobsOf(second);
  expect(job).toMatchObject({ kind: "backup.create", state: "interrupted", finished_at: expect.any(String) });
}, 120_000);

test("a rebuild, vectors and a load of another catalogue are jobs, too", async () => {
  await using server = await start();
  expect((await post(server, "/admin/fts/rebuild", {})).status).toBe(200);
  expect((await ended(server, "fts.rebuild")).state).toBe("done");
  await post(server, "/admin/vectors/generate", {});
  const { code, stderr } = await chinook(
    ["generate", "--tracks", "3000", "--replace", "--database", server.database],
    {
      CHINOOK_BACKUP_DIR: join(temporaryFolder(), "backups"),
    },
  );
  expect(code, stderr).toBe(0);
  const load = await ended(server, "catalogue.load");
  expect(load).toMatchObject({ state: "done", result: { kept: expect.any(String) } });
  expect(load.done).toBeGreaterThan(0);
}, 120_000);
