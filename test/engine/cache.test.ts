import { describe, expect, test } from "vitest";
import { type Answer, Cache } from "../../src/main/engine/cache/cache.ts";
import { CACHE_TABLES, CacheStore, costOf, type Entry } from "../../src/main/engine/cache/store.ts";
import { TagVersions } from "../../src/main/engine/cache/versions.ts";

const entry = (body: string, storedAt = 0, expiresAt = 1_000): Entry => ({
  body,
  etag: '"e"',
  storedAt,
  expiresAt,
});
const COST = costOf("k1", entry("body"));

describe("the store", () => {
  const store = (entries: number) => new CacheStore(entries * COST);

  test.each(CACHE_TABLES)("keeps and gives back entries of %s", (table) => {
    const kept = store(2);
    kept.set(table, "k1", entry("body", 5, 7), []);
    expect(kept.get(table, "k1")).toEqual(entry("body", 5, 7));
    expect(kept.get(table, "k2")).toBeUndefined();
    expect(kept.count(table)).toBe(1);
  });

  test("deletes by tag, and says exactly which keys", () => {
    const kept = store(9);
    kept.set("queries", "k1", entry("body"), ["tracks:1", "albums:1"]);
    kept.set("search", "k2", entry("body"), ["tracks:1"]);
    kept.set("queries", "k3", entry("body"), ["tracks:11", "tracks"]);
    expect(kept.deleteTagged("tracks:1").sort()).toEqual(["k1", "k2"]);
    expect(kept.deleteTagged("tracks:1")).toEqual([]);
    expect(kept.deleteTagged("albums:1")).toEqual([]);
    expect(kept.get("queries", "k3")).toBeDefined();
  });

  test("forgets the tags of an entry that another took the place of", () => {
    const kept = store(9);
    kept.set("queries", "k1", entry("old"), ["tracks:1"]);
    kept.set("queries", "k1", entry("new"), ["tracks:2"]);
    expect(kept.deleteTagged("tracks:1")).toEqual([]);
    expect(kept.get("queries", "k1")?.body).toBe("new");
  });

  test("stays within its bytes: what was stored first goes first, over all tables", () => {
    const kept = store(3);
    for (const [i, table] of (["queries", "search", "queries"] as const).entries()) {
      expect(kept.set(table, `k${i}`, entry("body", i), [])).toEqual([]);
    }
    expect(kept.set("popular", "k3", entry("body", 3), [])).toEqual(["k0"]);
    expect(kept.set("popular", "k4", entry("bodybodybody", 4), [])).toEqual(["k1", "k2"]);
    expect(kept.bytes).toBeLessThanOrEqual(3 * COST);
  });

  test("does not keep an entry larger than all of it, and says so", () => {
    const kept = store(1);
    expect(kept.set("queries", "k1", entry("x".repeat(10 * COST)), ["t"])).toEqual(["k1"]);
    expect(kept.bytes).toBe(0);
    expect(kept.deleteTagged("t")).toEqual([]);
  });

  test("counts its bytes right through every kind of removal", () => {
    const kept = store(9);
    const fill = () =>
      ["k1", "k2", "k3"].forEach((key) => void kept.set("queries", key, entry("body"), ["t"]));
    fill();
    fill();
    expect(kept.bytes).toBe(3 * COST);
    kept.deleteTagged("t");
    expect(kept.bytes).toBe(0);
    fill();
    kept.sweep(1_000);
    expect(kept.bytes).toBe(0);
    fill();
    kept.clear();
    expect([kept.bytes, kept.count("queries")]).toEqual([0, 0]);
  });

  test("sweeps what has expired and nothing else, a slice at a time", () => {
    const kept = store(2_000);
    for (let i = 0; i < 600; i++) kept.set("queries", `old${i}`, entry("body", 0, 10), []);
    kept.set("queries", "fresh", entry("body", 0, 11), []);
    expect(kept.sweep(9)).toEqual([]);
    const swept = [kept.sweep(10), kept.sweep(10), kept.sweep(10)];
    expect(swept.map(({ length }) => length)).toEqual([500, 100, 0]);
    expect(kept.get("queries", "fresh")).toBeDefined();
  });
});

describe("versions of tags", () => {
  test("say whether one of the tags moved since then", () => {
    const versions = new TagVersions();
    const before = versions.now;
    versions.touch(["a", "b"]);
    expect(versions.movedSince(before, ["x", "b"])).toBe(true);
    expect(versions.movedSince(before, ["x"])).toBe(false);
    expect(versions.movedSince(versions.now, ["a", "b"])).toBe(false);
  });

  test("count everything as moved when everything was touched, and not for ever", () => {
    const versions = new TagVersions();
    const before = versions.now;
    versions.touchAll();
    expect(versions.movedSince(before, ["never seen"])).toBe(true);
    expect(versions.movedSince(versions.now, ["never seen"])).toBe(false);
  });

  test("are bounded, and once half are forgotten never call something unmoved that moved", () => {
    const versions = new TagVersions(10);
    const moments: number[] = [];
    for (let i = 0; i < 200; i++) {
      moments.push(versions.now);
      versions.touch([`t${i}`]);
      expect(versions.size).toBeLessThanOrEqual(10);
    }
    const moved = moments.map((then, i) => versions.movedSince(then, [`t${i}`]));
    expect(moved).toEqual(moments.map(() => true));
  });

  test("remember the newest half exactly", () => {
    const versions = new TagVersions(10);
    for (let i = 0; i < 11; i++) versions.touch([`t${i}`]);
    expect(versions.size).toBe(5);
    expect(versions.movedSince(versions.now - 1, ["t9"])).toBe(false);
    expect(versions.movedSince(versions.now - 1, ["t10"])).toBe(true);
  });

  test("keep a tag that is touched again among the newest", () => {
    const versions = new TagVersions(10);
    for (let i = 0; i < 10; i++) versions.touch([`t${i}`]);
    versions.touch(["t0"]);
    const then = versions.now;
    versions.touch(["t10"]);
    expect(versions.movedSince(then, ["t0"])).toBe(false);
    expect(versions.movedSince(then - 1, ["t0"])).toBe(true);
  });
});

const answer = (body: string, lifetime = 60): Answer => ({ body, etag: `"${body}"`, lifetime });

function bench(maxBytes = 1_000_000) {
  const clock = { now: 1_000 };
  const cache = new Cache({ maxBytes, now: () => clock.now });
  const fill = (key: string, tags: readonly string[] = [], body = key) =>
    cache.fill("queries", key, answer(body), tags, cache.moment);
  return { cache, clock, fill, bodyOf: (key: string) => cache.get("queries", key)?.body };
}

describe("the cache", () => {
  test("gives back what was filled in, from either tier", () => {
    const { cache, fill, bodyOf } = bench();
    const filled = fill("a");
    expect(cache.get("queries", "a")).toBe(filled);
    expect(bodyOf("b")).toBeUndefined();
    expect(cache.entries("queries")).toBe(1);
  });

  test("finds in its database what the hot tier had to drop", () => {
    const { cache, fill, bodyOf } = bench(100_000);
    for (let i = 0; i < 60; i++) fill(`k${i}`, [], "x".repeat(200));
    expect(cache.bytes.hot).toBeLessThanOrEqual(25_000);
    expect(Array.from({ length: 60 }, (_, i) => bodyOf(`k${i}`))).not.toContain(undefined);
  });

  test("drops the hot copy of what its database pushes out", () => {
    const { cache, fill, bodyOf } = bench(20_000);
    fill("first");
    for (let i = 0; i < 200; i++) {
      fill(`k${i}`);
      if (i % 2 === 0) bodyOf("first");
    }
    expect(bodyOf("first")).toBeUndefined();
    expect(cache.bytes.hot + cache.bytes.database).toBeLessThanOrEqual(20_000);
  });

  test("lets nothing be found past its lifetime, in either tier, and sweeps it later", () => {
    const { cache, clock, fill, bodyOf } = bench();
    fill("a");
    clock.now += 59_999;
    expect(bodyOf("a")).toBe("a");
    clock.now += 1;
    expect(bodyOf("a")).toBeUndefined();
    expect(cache.entries("queries")).toBe(1);
    cache.sweep();
    expect([cache.entries("queries"), cache.bytes]).toEqual([0, { hot: 0, database: 0 }]);
  });

  test("invalidates exactly what carries a touched tag, in both tiers", () => {
    const { cache, fill, bodyOf } = bench();
    fill("a", ["tracks:1"]);
    fill("b", ["tracks:1", "tracks"]);
    fill("c", ["tracks:11"]);
    cache.invalidate(["tracks:1", "artists:1"]);
    expect(["a", "b", "c"].map(bodyOf)).toEqual([undefined, undefined, "c"]);
    expect(cache.entries("queries")).toBe(1);
    expect([...cache.counters.invalidations]).toEqual([
      ["tracks", 1],
      ["artists", 1],
    ]);
  });

  test("drops a fill whose tags moved since its read was sent, and answers with it all the same", () => {
    const { cache, bodyOf } = bench();
    const then = cache.moment;
    cache.invalidate(["tracks:1"]);
    const stale = cache.fill("queries", "a", answer("old"), ["tracks:1"], then);
    expect(stale.body).toBe("old");
    expect(bodyOf("a")).toBeUndefined();
    cache.fill("queries", "b", answer("fine"), ["tracks:2"], then);
    expect(bodyOf("b")).toBe("fine");
    expect(cache.counters.staleFills).toBe(1);
  });

  test("a fill that is dropped leaves the newer one that stands there", () => {
    const { cache, fill, bodyOf } = bench();
    const then = cache.moment;
    cache.invalidate(["tracks:1"]);
    fill("a", ["tracks:1"], "new");
    cache.fill("queries", "a", answer("old"), ["tracks:1"], then);
    expect(bodyOf("a")).toBe("new");
  });

  test.each([
    ["cleared", (cache: Cache) => cache.clear()],
    ["told that everything changed", (cache: Cache) => cache.invalidate(["*"])],
  ])("is empty once it is %s, and takes no fill from before", (_, empty) => {
    const { cache, fill, bodyOf } = bench();
    fill("a", ["t"]);
    const then = cache.moment;
    empty(cache);
    cache.fill("queries", "b", answer("b"), [], then);
    expect(["a", "b"].map(bodyOf)).toEqual([undefined, undefined]);
    expect(cache.bytes).toEqual({ hot: 0, database: 0 });
    fill("c");
    expect(bodyOf("c")).toBe("c");
  });

  test("of no bytes keeps nothing", () => {
    const { cache, fill, bodyOf } = bench(0);
    expect(cache.enabled).toBe(false);
    expect(fill("a").body).toBe("a");
    expect(bodyOf("a")).toBeUndefined();
    expect(cache.bytes).toEqual({ hot: 0, database: 0 });
  });

  test("keeps nothing of a read that is never kept", () => {
    const { cache } = bench();
    cache.fill("none", "a", answer("a"), [], cache.moment);
    expect(cache.get("none", "a")).toBeUndefined();
  });

  test("does not keep what is larger than all of it, nor what stood in its place", () => {
    const { fill, bodyOf } = bench(20_000);
    fill("a", [], "small");
    fill("a", [], "x".repeat(50_000));
    expect(bodyOf("a")).toBeUndefined();
  });
});
