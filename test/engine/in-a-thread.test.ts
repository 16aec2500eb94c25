import { once } from "node:events";
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { resolveSettings } from "../../src/shared/settings.ts";
import { newFile } from "./support.ts";

const SRC = resolve(import.meta.dirname, "../../src");
const url = (path: string) => JSON.stringify(pathToFileURL(resolve(SRC, path)).href);

/** A worker thread that uses the server as a library. */
function thread(code: string, workerData: unknown = {}): Worker {
  const worker = new Worker(code, { eval: true, workerData });
  onTestFinished(async () => void (await worker.terminate()));
  return worker;
}

test("a server can be started inside a thread, and closed there", async () => {
  const settings = resolveSettings({
    ...{ CHINOOK_DATABASE: newFile(), CHINOOK_PORT: "0", CHINOOK_DEMO: "0" },
    ...{ CHINOOK_VECTOR_GENERATION: "0", CHINOOK_LOG: "silent" },
  });
  const worker = thread(
    `const { parentPort, workerData } = require("node:worker_threads");
    import(${url("main/server.ts")}).then(async ({ startServer }) => {
      const server = await startServer(workerData);
      parentPort.once("message", () => server.close());
      parentPort.postMessage(server.url);
    });`,
    settings,
  );
  const [address] = await once(worker, "message");
  const body = JSON.stringify({ name: "One" });
  const headers = { "content-type": "application/json" };
  const created = await fetch(`${address}/v1/artists`, { method: "POST", headers, body });
  expect(created.status).toBe(201);
  expect((await fetch(`${address}/v1/artists/1`)).status).toBe(200);
  worker.postMessage("close");
  expect(await once(worker, "exit")).toEqual([0]);
});

const modules = ["writer", "workers"].flatMap((folder) =>
  readdirSync(resolve(SRC, folder))
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name}`),
);

test.each(modules)("importing %s starts nothing", async (module) => {
  const worker = thread(`import(${url(module)})`, { file: "/nowhere/at/all" });
  const said: unknown[] = [];
  worker.on("message", (message) => said.push(message));
  expect([await once(worker, "exit"), said]).toEqual([[0], []]);
});
