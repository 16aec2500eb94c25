import { expect, test } from "vitest";
import { runScript } from "./support.ts";

test("a soak of a few seconds holds every invariant and reports it", async () => {
  const { code, stderr, json } = await runScript("soak.ts", "--minutes", "0.1", "--tracks", "300", "--json");
  expect(json.first_failures, stderr).toEqual([]);
  expect({ code, ok: json.ok, failures: json.failures }).toEqual({ code: 0, ok: true, failures: 0 });
  expect(json.plays).toBeGreaterThan(0);
  for (const name of [
    "write register",
    "read register",
    "list registers",
    "search register",
    "play",
    "history",
  ])
    expect(json.by_operation[name], name).toBeGreaterThan(0);
});

test.each([
  ["soak.ts", ["--minutes", "soon"], "--minutes: expected a number from 0.05 to 20160, got soon"],
  ["crash.ts", ["--cycles", "0"], "--cycles: expected a number from 1 to 100000, got 0"],
  ["overload.ts", ["--fast"], "--fast"],
] as const)("%s says what is wrong with %j", async (script, args, message) => {
  const { code, stderr } = await runScript(script, ...args);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
