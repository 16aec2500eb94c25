import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { undici } from "../bench/load/child.ts";
import type { Shot } from "../bench/load/generator.ts";
import { hasProblem, rowsOf } from "../bench/report/figures.ts";
import { tableOf } from "../bench/report/table.ts";
import { roundOf } from "../bench/rounds.ts";
import type { ServerName } from "../bench/servers/specs.ts";

const directory = mkdtempSync(join(tmpdir(), "chinook-bench-test-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const requests = join(directory, "requests");
writeFileSync(requests, "GET\t/refused\t\t\n");

const CONNECTIONS = 4;

/** A server that refuses every request but `/other`, and records the requests. */
async function refusing(retryAfter: string) {
  let asked = 0;
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = createServer(({ url }, response) => {
    if (url === "/other") return void response.end();
    asked++;
    response.writeHead(503, { "retry-after": retryAfter }).end();
    for (const { count, resolve } of waiting) if (asked >= count) resolve();
  }).listen(0);
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => asked,
    askedFor: (count: number) => new Promise<void>((resolve) => waiting.push({ count, resolve })),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

describe("refused clients", () => {
  test("retry after Retry-After, not earlier", async () => {
    await using server = await refusing("3600");
    const all = server.askedFor(CONNECTIONS);
    const clients = await undici.start({ url: server.url, tokens: [], requests, connections: CONNECTIONS });
    await all;
    for (let i = 0; i < 20; i++) await fetch(`${server.url}/other`);
    await clients.stop();
    expect(server.asked()).toBe(CONNECTIONS);
  });

  test("are counted separately, and their waits are not latencies", async () => {
    await using server = await refusing("0");
    const clients = await undici.start({ url: server.url, tokens: [], requests, connections: CONNECTIONS });
    const shot = await clients.shoot(server.askedFor(10 * CONNECTIONS));
    await clients.stop();
    expect(shot.refused).toBeGreaterThan(0);
    expect(shot).toMatchObject({ requests: shot.refused, errors: shot.refused, p99_ms: 0 });
  });
});

const shot = (given: Partial<Shot>): Shot => ({
  ...{ requests: 100, seconds: 2, errors: 0, refused: 0, unanswered: 0, dropped: null, late_p99_ms: null },
  ...{ p50_ms: 1, p90_ms: 1, p99_ms: 1, p999_ms: 1, max_ms: 1 },
  ...{ curve: null, slices: null, kinds: null, cpu_seconds: null },
  ...given,
});

const trial = (server: ServerName) =>
  ({ scenario: "points-beside-scans", server, repeat: 1, point: null }) as const;

const found = { generator: "paced", connections: 100, rate: 1_000 } as const;

describe("refusals in a result row", () => {
  const refused = shot({ errors: 30, refused: 30 });

  test.each([
    ["chinook", true, 30],
    ["chinook-one-lane", false, 0],
  ] as const)("of %s are amiss: %s", (server, amiss, errors) => {
    const [row] = rowsOf([roundOf(trial(server), { ...found, shot: refused })]);
    expect(row).toMatchObject({ refused: 30, errors, requests_per_second: 35 });
    expect(hasProblem(row!)).toBe(amiss);
    expect(row!.repeats[0]!.problems).toEqual(amiss ? ["30 requests were refused"] : []);
  });

  test("never hide wrong answers or failures", () => {
    const checks = { checked: 9, refused: 1, wrong: ["GET /: 200 {}"], plays: [] };
    const round = roundOf(trial("chinook-one-lane"), {
      ...found,
      shot: shot({ errors: 31, refused: 30 }),
      checks,
    });
    expect(round).toMatchObject({ refused: 31, errors: 2 });
    expect(round.problems).toEqual(["1 requests failed", "wrong answer: GET /: 200 {}"]);
  });

  test("of the background load are not answers and do not fail the row", () => {
    const beside = shot({ requests: 60, errors: 45, refused: 40 });
    const rounds = [roundOf(trial("chinook"), { ...found, shot: shot({}), beside, busy: 40 })];
    const [row] = rowsOf(rounds);
    expect(row).toMatchObject({ beside_requests_per_second: 7.5, beside_refused_per_second: 20, errors: 0 });
    expect(rounds[0]!.beside_errors).toBe(5);
    expect(hasProblem(row!)).toBe(false);
    const rest = { settings: { tracks: 1 }, machine: { fsync_ms: 1 }, ratios: {}, targets: [], failures: [] };
    expect(tableOf({ scenarios: [row], ...rest } as never)).toContain("7.50, refused 20.0");
  });
});
