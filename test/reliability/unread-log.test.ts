import { spawn, spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { get, post, startServer, temporaryFolder } from "../support/server.ts";

/** More lines than a pipe holds. */
const REQUESTS = 600;

/** A pipe for standard error, and a process that holds it open without reading. */
function unreadPipe() {
  const path = join(temporaryFolder(), "log");
  expect(spawnSync("mkfifo", [path]).status).toBe(0);
  const fd = openSync(path, "r+");
  const reader = spawn("sleep", ["600"], { stdio: [fd, "ignore", "ignore"] });
  closeSync(fd);
  onTestFinished(() => void reader.kill("SIGKILL"));
  return { path, reader };
}

const logTo = (path: string) => ["sh", "-c", 'log="$0"; exec "$@" 2> "$log"', path];

test("a log whose reader stops or exits blocks no request", async () => {
  const { path, reader } = unreadPipe();
  await using server = await startServer({ CHINOOK_LOG_REQUESTS: "all" }, { wrap: logTo(path) });
  for (let i = 0; i < REQUESTS; i++) {
    const path = `/v1/genres?slug=s${i}`;
    expect((await get(server, path)).status).toBe(200);
  }
  expect((await post(server, "/v1/artists", { name: "Written" })).status).toBe(201);
  reader.kill("SIGKILL");
  for (let i = 0; i < 20; i++) expect((await post(server, "/v1/artists", { name: `${i}` })).status).toBe(201);
});
