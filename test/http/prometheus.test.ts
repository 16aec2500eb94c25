import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";

const installed = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

let server: TestServer;
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue(50)) });
  for (const path of ["/v1/tracks/1", "/v1/tracks/1", "/v1/charts/tracks", "/v1/tracks?total=1", "/nowhere"])
    await get(server, path);
  await post(server, "/v1/plays", { track_id: 1 });
  await post(server, "/v1/plays", { track_id: 987_654_321 });
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

test.skipIf(!installed("promtool"))(
  "promtool finds nothing to say about the metrics (skipped where promtool is not installed)",
  async () => {
    const promtool = spawn("promtool", ["check", "metrics"]);
    const said = Promise.all([text(promtool.stdout), text(promtool.stderr), once(promtool, "close")]);
    promtool.stdin.end((await get(server, "/metrics")).text);
    const [stdout, stderr, [code]] = await said;
    expect({ stdout, stderr, code }).toEqual({ stdout: "", stderr: "", code: 0 });
  },
);

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function startPrometheus() {
  const folder = temporaryFolder();
  const config = join(folder, "prometheus.yml");
  const scrape = `{job_name: chinook, static_configs: [{targets: ["${new URL(server.url).host}"]}]}`;
  writeFileSync(
    config,
    `global: {scrape_interval: 250ms, scrape_timeout: 250ms}\nscrape_configs: [${scrape}]\n`,
  );
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn("prometheus", [...flags, `--web.listen-address=${address}`], { stdio: "ignore" });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return { url: `http://${address}`, [Symbol.asyncDispose]: stop };
}

/** Asks until the answer is there: another program's readiness can only be asked for. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await delay(50);
  }
}

test.skipIf(!installed("prometheus"))(
  "Prometheus scrapes it (skipped where prometheus is not installed)",
  async () => {
    await using prometheus = await startPrometheus();
    const api = async (path: string): Promise<Json> => (await get(prometheus, `/api/v1/${path}`)).json?.data;
    const target = await eventually(async () =>
      (await api("targets"))?.activeTargets.find(({ health }: Json) => health !== "unknown"),
    );
    expect(target).toMatchObject({ health: "up", lastError: "" });
    const query = 'query?query=chinook_http_request_duration_seconds_count{route="/v1/tracks/{id}"}';
    const [series] = await eventually(async () => {
      const { result } = await api(query);
      return result.length > 0 ? result : undefined;
    });
    expect(series.metric).toMatchObject({ job: "chinook", method: "GET", status: "200" });
    expect(series.value[1]).toBe("2");
  },
);
