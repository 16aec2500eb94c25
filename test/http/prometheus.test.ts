import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { operator, startRequired } from "../people/support.ts";
import { eventually, installed, type Prometheus, startPrometheus } from "../support/prometheus.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

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

/** What Prometheus says of the server, once it has asked it. */
const targetOf = ({ api }: Prometheus): Promise<Json> =>
  eventually(async () =>
    (await api("targets"))?.activeTargets.find(({ health }: Json) => health !== "unknown"),
  );

test.skipIf(!installed("prometheus"))(
  "Prometheus scrapes a server with accounts by a key, and not without (skipped where prometheus is not installed)",
  async () => {
    await using closed = await startRequired();
    const made = ["key", "create", "--name", "prometheus", "--scopes", "operate:read"] as const;
    await using known = await startPrometheus(closed, { token: (await operator(closed, ...made)).key });
    await using stranger = await startPrometheus(closed);
    expect(await targetOf(known)).toMatchObject({ health: "up", lastError: "" });
    const lastError = expect.stringContaining("401");
    expect(await targetOf(stranger)).toMatchObject({ health: "down", lastError });
  },
);

test.skipIf(!installed("prometheus"))(
  "Prometheus scrapes it (skipped where prometheus is not installed)",
  async () => {
    await using prometheus = await startPrometheus(server);
    const { query } = prometheus;
    expect(await targetOf(prometheus)).toMatchObject({ health: "up", lastError: "" });
    const expression = 'chinook_http_request_duration_seconds_count{route="/v1/tracks/{id}"}';
    const [series] = await eventually(async () => {
      const result = await query(expression);
      return result.length > 0 ? result : undefined;
    });
    expect(series.metric).toMatchObject({ job: "chinook", method: "GET", status: "200" });
    expect(series.value[1]).toBe("2");
  },
);
