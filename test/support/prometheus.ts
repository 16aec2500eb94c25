import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { get, type Json, type TestServer, temporaryFolder } from "./server.ts";

/** A real Prometheus that scrapes a server, where one is installed. */

export const installed = (program: string): boolean => spawnSync(program, ["--version"]).error === undefined;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

export interface Prometheus extends AsyncDisposable {
  /** `data` of an answer of its API; undefined while it is not ready. */
  api(path: string): Promise<Json>;
  query(expression: string): Promise<Json[]>;
}

export interface PrometheusOptions {
  /** The path of a file of rules. */
  readonly rules?: string;
  /** A key with operate:read; read from a file, as docs/security.md shows. */
  readonly token?: string;
}

export async function startPrometheus(
  server: TestServer,
  { rules, token }: PrometheusOptions = {},
): Promise<Prometheus> {
  const folder = temporaryFolder();
  const credentials = join(folder, "chinook.token");
  if (token !== undefined) writeFileSync(credentials, token);
  const config = join(folder, "prometheus.yml");
  const every = "250ms";
  // JSON is YAML.
  const content = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    ...(rules === undefined ? {} : { rule_files: [rules] }),
    scrape_configs: [
      {
        job_name: "chinook",
        ...(token === undefined ? {} : { authorization: { credentials_file: credentials } }),
        static_configs: [{ targets: [new URL(server.url).host] }],
      },
    ],
  };
  writeFileSync(config, JSON.stringify(content));
  const address = `127.0.0.1:${await freePort()}`;
  const flags = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn("prometheus", [...flags, `--web.listen-address=${address}`], { stdio: "ignore" });
  const ended = once(child, "exit");
  const api = async (path: string): Promise<Json> =>
    (await get({ url: `http://${address}` }, `/api/v1/${path}`)).json?.data;
  return {
    api,
    query: async (expression) => (await api(`query?query=${encodeURIComponent(expression)}`)).result,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Polls until there is an answer: another program's readiness can only be polled. */
export async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await delay(50);
  }
}
