import { expect, test } from "vitest";
import { runScript } from "./support.ts";

test("a server killed repeatedly under full write load keeps every acknowledged write and no partial one", async () => {
  const { code, stderr, json } = await runScript("crash.ts", "--cycles", "4", "--clients", "32", "--json");
  expect(json.problems, stderr).toEqual([]);
  expect({ code, ok: json.ok, cycles: json.cycles }).toEqual({ code: 0, ok: true, cycles: 4 });
  expect(json.acknowledged).toBeGreaterThan(0);
  expect(json.unanswered).toBe(json.kept + json.dropped);
  expect(json.replayed + json.applied).toBeGreaterThan(0);
});
