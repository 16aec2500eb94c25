import { expect, test } from "vitest";
import { runScript } from "./support.ts";

test("killed again and again under full write load, the server has kept what it acknowledged and halved nothing", async () => {
  const { code, stderr, json } = await runScript("crash.ts", "--cycles", "4", "--clients", "32", "--json");
  expect(json.problems, stderr).toEqual([]);
  expect({ code, ok: json.ok, cycles: json.cycles }).toEqual({ code: 0, ok: true, cycles: 4 });
  expect(json.acknowledged).toBeGreaterThan(0);
  expect(json.unanswered).toBe(json.kept + json.dropped);
  expect(json.replayed + json.applied).toBeGreaterThan(0);
});
