import { describe, expect, test } from "vitest";
import { AdmissionControl } from "../../src/main/engine/admission-control.ts";

/** Admission control that has observed `times` requests of `ms` each. */
function having(ms: number, times: number, maxMs = 1_000): AdmissionControl {
  const admission = new AdmissionControl(maxMs);
  for (let i = 0; i < times; i++) admission.observe(ms, 1);
  return admission;
}

describe("admission control", () => {
  test("admits everything before the first measurement", () => {
    expect(new AdmissionControl(1_000).admits(1_000_000)).toBe(true);
  });

  test("admits as many as can be served in time, and a few in any case", () => {
    const slow = having(20, 200);
    expect([slow.admits(49), slow.admits(51)]).toEqual([true, false]);
    const slowest = having(900, 200);
    expect([slowest.admits(7), slowest.admits(8)]).toEqual([true, false]);
  });

  test("divides a batch's time among its commands", () => {
    const admission = new AdmissionControl(1_000);
    for (let i = 0; i < 200; i++) admission.observe(100, 500);
    expect([admission.admits(4_900), admission.admits(5_100)]).toEqual([true, false]);
  });

  test("counts a batch's shared cost once per batch", () => {
    const admission = new AdmissionControl(1_000);
    for (let i = 0; i < 200; i++) admission.observe(20.1, 1, 20);
    expect([admission.admits(4_000, 8), admission.admits(4_000, 40)]).toEqual([true, false]);
  });

  test("keeps the shared cost after a batch without a commit", () => {
    const admission = new AdmissionControl(1_000);
    admission.observe(0.1, 1);
    for (let i = 0; i < 200; i++)
      admission.observe(i % 10 === 0 ? 0.1 : 20.1, 1, i % 10 === 0 ? undefined : 20);
    expect(admission.admits(400, 1)).toBe(true);
  });

  test("counts commit time beyond the cheapest commit as work", () => {
    const admission = new AdmissionControl(1_000);
    admission.observe(1, 1, 0.2);
    for (let i = 0; i < 200; i++) admission.observe(300, 100, 200);
    expect([admission.admits(320), admission.admits(340)]).toEqual([true, false]);
  });

  test("ignores a single stuck batch", () => {
    const admission = having(1, 200);
    admission.observe(60_000, 1);
    for (let i = 0; i < 50; i++) admission.observe(1, 1);
    expect(admission.admits(500)).toBe(true);
  });
});
