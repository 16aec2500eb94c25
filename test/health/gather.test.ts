import { expect, test, vi } from "vitest";
import { cachedFact } from "../../src/main/features/health/gather.ts";

test("a hanging fact blocks nothing and is reported when it completes", async () => {
  const answer = Promise.withResolvers<string>();
  const ask = vi.fn(() => answer.promise);
  const fact = cachedFact(0, ask, "unknown");
  expect(await fact()).toBe("unknown");
  expect(await fact()).toBe("unknown");
  expect(ask).toHaveBeenCalledTimes(1);
  answer.resolve("known");
  await answer.promise;
  expect(await fact()).toBe("known");
});

test("a fact is gathered once per lifetime, however often it is requested", async () => {
  const ask = vi.fn(async () => 1);
  const fact = cachedFact(60_000, ask, 0);
  expect(await Promise.all([fact(), fact()])).toEqual([1, 1]);
  expect(await fact()).toBe(1);
  expect(ask).toHaveBeenCalledTimes(1);
});
