import { describe, expect, test } from "vitest";
import { Limits } from "../../src/main/features/people/limits/limits.ts";
import { LoginLimits } from "../../src/main/features/people/limits/login-limits.ts";
import { RateLimiter } from "../../src/main/features/people/limits/rate-limiter.ts";
import { get, post } from "../support/server.ts";
import { person, startRequired } from "./support.ts";

describe("the remaining permits", () => {
  const left = (permits: number, taken: number): string => {
    const limits = new Limits({ rateRead: permits, rateSearch: 0, rateWrite: 0 });
    let fields: readonly string[] | undefined;
    for (let i = 0; i < taken; i++) fields = limits.take("read", "user:1");
    return fields![3]!;
  };

  test("is told exactly of small limits, and rounded down of large ones", () => {
    expect(left(10, 1)).toBe('"read";r=9;t=6');
    expect(left(6_000, 2)).toMatch(/^"read";r=5998;t=1$/);
    const [, told, reset] = /r=(\d+);t=(\d+)/.exec(left(1_000_000, 250))!.map(Number);
    expect(told).toBeLessThanOrEqual(1_000_000 - 249);
    expect(told).toBeGreaterThan(1_000_000 - 450);
    expect(reset).toBe(1);
  });

  test("without a limit is not told", () => {
    expect(new Limits({ rateRead: 0, rateSearch: 0, rateWrite: 0 }).take("read", "user:1")).toBeUndefined();
  });
});

test("a flood of addresses takes a bounded number of entries, and a limit holds within one generation", () => {
  let now = 0;
  const limiter = new RateLimiter({ now: () => now, maxKeys: 1_000 });
  for (let i = 0; i < 100_000; i++)
    limiter.take(`2001:db8:${i.toString(16)}::/64`, { permits: 5, seconds: 60 });
  expect(limiter.size).toBeLessThanOrEqual(2_000);
  const quota = { permits: 5, seconds: 60 };
  const taken = Array.from({ length: 7 }, () => limiter.take("203.0.113.9", quota).allowed);
  expect(taken).toEqual([true, true, true, true, true, false, false]);
  now += 12_000;
  expect(limiter.take("203.0.113.9", quota).allowed).toBe(true);
  expect(limiter.take("203.0.113.9", quota).allowed).toBe(false);
});

test("who guesses from many addresses is refused, and locks out neither a familiar nor a new one", () => {
  const limits = new LoginLimits(1_000, () => 1);
  const admitted = (address: string) => {
    try {
      limits.admit(address, "ada@example.com");
      return true;
    } catch {
      return false;
    }
  };
  limits.succeeded("192.0.2.1", "ada@example.com");
  const guesses = Array.from({ length: 300 }, (_, i) => admitted(`2001:db8:1:${i.toString(16)}::1`));
  expect(guesses.filter(Boolean)).toHaveLength(101);
  expect([admitted("192.0.2.1"), admitted("192.0.2.1"), admitted("198.51.100.7")]).toEqual([
    true,
    true,
    true,
  ]);
  expect(admitted("198.51.100.7")).toBe(false);
});

test("searches, similar tracks and recommendations count as searches, reads as reads", async () => {
  await using server = await startRequired({ CHINOOK_RATE_READ: "100", CHINOOK_RATE_SEARCH: "50" });
  const ada = await person(server, "ada@example.com");
  const classOf = async (path: string) =>
    (await get(server, path, ada.headers)).headers.get("ratelimit-policy");
  for (const path of [
    "/v1/search?q=love",
    "/v1/search/suggestions?q=lo",
    "/v1/tracks/1/similar",
    `/v1/users/${ada.id}/recommendations`,
  ]) {
    expect(await classOf(path), path).toBe('"search";q=50;w=60');
  }
  expect(await classOf("/v1/tracks")).toBe('"read";q=100;w=60');
  const vector = { by: "metadata", vector: Array(64).fill(0.1) };
  const nearest = await post(server, "/v1/vectors/search", vector, ada.headers);
  expect(nearest.headers.get("ratelimit-policy")).toBe('"search";q=50;w=60');
});
