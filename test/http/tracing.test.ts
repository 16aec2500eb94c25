import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { traceOf } from "../../src/main/http/tracing.ts";
import { get, type Json, startServer, temporaryFolder } from "../support/server.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const traceparent = `00-${TRACE}-${PARENT}-01`;

describe("traceparent", () => {
  const parsed = (value: string | undefined) =>
    traceOf({ headers: { traceparent: value } } as unknown as IncomingMessage);

  test("gives the trace id and the caller's span id", () => {
    expect(parsed(traceparent)).toEqual({ trace_id: TRACE, parent_id: PARENT });
    expect(parsed(`cc-${TRACE}-${PARENT}-01-what-comes-after-us`)).toMatchObject({ trace_id: TRACE });
  });

  test.each([
    undefined,
    "",
    "00",
    `00-${TRACE}-${PARENT}`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${"0".repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    `00-${TRACE}x-${PARENT}-01`,
  ])("%j is ignored", (value) => {
    expect(parsed(value)).toBeUndefined();
  });

  test("is in the log line of its request", async () => {
    await using server = await startServer({ CHINOOK_LOG_REQUESTS: "all" });
    await get(server, "/v1/tracks", { traceparent });
    await get(server, "/v1/artists", { traceparent: "rubbish" });
    expect(await server.stop()).toBe(0);
    const lines: Json[] = server
      .stderr()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const of = (url: string) => lines.find((line) => line.msg === "request" && line.url === url);
    expect(of("/v1/tracks")).toMatchObject({ trace_id: TRACE, parent_id: PARENT });
    expect(of("/v1/artists")).not.toHaveProperty("trace_id");
  });
});

describe("an OpenTelemetry SDK started before the server", () => {
  test("gets a span per request, whose parent is the caller's", async () => {
    const spans = join(temporaryFolder(), "spans");
    const sdk = pathToFileURL(resolve(import.meta.dirname, "hooks/spans.mjs")).href;
    await using server = await startServer({ NODE_OPTIONS: `--import ${sdk}`, SPANS: spans });
    await get(server, "/v1/tracks?limit=3", { traceparent });
    await get(server, "/v1/tracks/1");
    expect(await server.stop()).toBe(0);
    const ended: Json[] = readFileSync(spans, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(ended).toMatchObject([
      {
        name: "GET /v1/tracks",
        parent: traceparent,
        attributes: {
          "http.route": "/v1/tracks",
          "url.path": "/v1/tracks",
          "http.response.status_code": 200,
        },
      },
      { name: "GET /v1/tracks/{id}", attributes: { "http.response.status_code": 404 } },
    ]);
  });
});
