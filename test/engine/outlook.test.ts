import { describe, expect, test } from "vitest";
import { Outlook } from "../../src/main/engine/admission-control.ts";

/** An outlook after so many that took so long each. */
function having(ms: number, times: number, maxMs = 1_000): Outlook {
  const outlook = new Outlook(maxMs);
  for (let i = 0; i < times; i++) outlook.observe(ms, 1);
  return outlook;
}

describe("a queue's outlook", () => {
  test("admits everybody while nothing is known", () => {
    expect(new Outlook(1_000).admits(1_000_000)).toBe(true);
  });

  test("admits as many as can be served in time, and a few in any case", () => {
    const slow = having(20, 200);
    expect([slow.admits(49), slow.admits(51)]).toEqual([true, false]);
    const slowest = having(900, 200);
    expect([slowest.admits(7), slowest.admits(8)]).toEqual([true, false]);
  });

  test("shares a batch's time among its commands", () => {
    const outlook = new Outlook(1_000);
    for (let i = 0; i < 200; i++) outlook.observe(100, 500);
    expect([outlook.admits(4_900), outlook.admits(5_100)]).toEqual([true, false]);
  });

  test("counts what a batch shares once a batch, however few shared it before", () => {
    const outlook = new Outlook(1_000);
    for (let i = 0; i < 200; i++) outlook.observe(20.1, 1, 20);
    expect([outlook.admits(4_000, 8), outlook.admits(4_000, 40)]).toEqual([true, false]);
  });

  test("knows what is shared though a batch had nothing to commit", () => {
    const outlook = new Outlook(1_000);
    outlook.observe(0.1, 1);
    for (let i = 0; i < 200; i++)
      outlook.observe(i % 10 === 0 ? 0.1 : 20.1, 1, i % 10 === 0 ? undefined : 20);
    expect(outlook.admits(400, 1)).toBe(true);
  });

  test("takes a commit that is work for work, once it has seen one that is not", () => {
    const outlook = new Outlook(1_000);
    outlook.observe(1, 1, 0.2);
    for (let i = 0; i < 200; i++) outlook.observe(300, 100, 200);
    expect([outlook.admits(320), outlook.admits(340)]).toEqual([true, false]);
  });

  test("does not take one that was stuck for the rule", () => {
    const outlook = having(1, 200);
    outlook.observe(60_000, 1);
    for (let i = 0; i < 50; i++) outlook.observe(1, 1);
    expect(outlook.admits(500)).toBe(true);
  });
});
