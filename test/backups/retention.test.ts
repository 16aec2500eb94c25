import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { backupId, type Manifest } from "../../src/main/features/backups/archive/manifest.ts";
import { type Retention, retain } from "../../src/main/features/backups/archive/retention.ts";

const at = (time: string): Manifest =>
  ({ id: backupId(new Date(time)), created_at: new Date(time).toISOString() }) as Manifest;
const none: Retention = { last: 1, daily: 0, weekly: 0 };
const kept = (times: readonly string[], rules: Partial<Retention>) =>
  retain(times.map(at), { ...none, ...rules }).kept.map(({ created_at }) => created_at.slice(0, 16));

describe("retention", () => {
  test("keeps the latest backups, newest first", () => {
    const times = ["2026-11-18T10:00Z", "2026-11-20T10:00Z", "2026-11-19T10:00Z"];
    expect(kept(times, { last: 2 })).toEqual(["2026-11-20T10:00", "2026-11-19T10:00"]);
  });

  test("keeps the newest backup of each UTC day that has one", () => {
    const times = [
      "2026-11-20T23:59Z",
      "2026-11-20T00:00Z",
      "2026-11-19T23:59Z",
      "2026-11-10T08:00Z",
      "2026-11-01T08:00Z",
    ];
    expect(kept(times, { daily: 3 })).toEqual(["2026-11-20T23:59", "2026-11-19T23:59", "2026-11-10T08:00"]);
  });

  test("keeps the newest backup of each week, starting on Monday", () => {
    const times = ["2026-11-16T00:00Z", "2026-11-15T23:59Z", "2026-11-09T00:00Z", "2026-11-08T23:59Z"];
    expect(kept(times, { weekly: 3 })).toEqual(["2026-11-16T00:00", "2026-11-15T23:59", "2026-11-08T23:59"]);
  });

  test("sorts every backup into kept or removed, keeps the newest, and at most the sum of its rules", () => {
    const time = fc
      .integer({ min: 0, max: 400 * 24 })
      .map((hours) => at(new Date(1.79e12 + hours * 3.6e6).toISOString()));
    const rules = fc.record({ last: fc.integer({ min: 1, max: 9 }), daily: fc.nat(9), weekly: fc.nat(9) });
    fc.assert(
      fc.property(
        fc.uniqueArray(time, { selector: ({ id }) => id, maxLength: 60 }),
        rules,
        (backups, rule) => {
          const { kept, removed } = retain(backups, rule);
          expect([...kept, ...removed].map(({ id }) => id).toSorted()).toEqual(
            backups.map(({ id }) => id).toSorted(),
          );
          expect(kept.length).toBeLessThanOrEqual(rule.last + rule.daily + rule.weekly);
          if (backups.length > 0)
            expect(kept[0]!.id).toBe(
              backups
                .map(({ id }) => id)
                .toSorted()
                .at(-1),
            );
          expect(retain(kept, rule).removed).toEqual([]);
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });
});
