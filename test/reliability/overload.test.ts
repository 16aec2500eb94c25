import { expect, test } from "vitest";
import { runScript } from "./support.ts";

/** Shares and latencies are for the command, on a machine of its own; here is what holds on any. */
test("at many times its capacity the server refuses at once, wastes no work, and recovers", async () => {
  // Not a smaller catalogue: its writes are so cheap that even the crowd is no overload.
  const args = ["--seconds", "2", "--calibrate", "1", "--json"];
  const { json, stderr } = await runScript("overload.ts", ...args);
  expect(json?.findings, stderr).toHaveLength(2);
  for (const finding of json.findings) {
    expect(finding.unexpected, JSON.stringify(finding)).toBe(0);
    expect(finding.served.count).toBeGreaterThan(0);
    expect(finding.refusals.overloaded, JSON.stringify(finding)).toBeGreaterThan(0);
    const late = (finding.refusals.read_timeout ?? 0) + (finding.refusals.write_timeout ?? 0);
    expect(late, JSON.stringify(finding.refusals)).toBeLessThan(finding.served.count / 2);
    expect(finding.capacity_after).toBeGreaterThan(0);
    expect(finding.cheap_read_refusals).toEqual({});
    expect(finding.memory_max_bytes).toBeLessThan(512 * 1_048_576);
  }
});
