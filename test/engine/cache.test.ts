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

const EVERYTHING = 1_000_000;

describe("the store", () => {
  const store = (entries: number) => new CacheStore(entries * COST);
  const found = (kept: CacheStore, ...keys: string[]) =>
    keys.filter((key) => kept.get("queries", key) !== undefined);

  test.each(CACHE_TABLES)("stores and returns entries of %s", (table) => {
    const kept = store(2);
    kept.set(table, "k1", entry("body", 5, 7), ["a", "b"]);
    expect(kept.get(table, "k1")).toEqual({ entry: entry("body", 5, 7), tags: '["a","b"]' });
    expect(kept.get(table, "k2")).toBeUndefined();
    expect(kept.count(table)).toBe(1);
  });

  test("misses every entry with a touched tag and hits the others", () => {
    const kept = store(9);
    kept.set("queries", "k1", entry("body"), ["tracks:1", "albums:1"]);
    kept.set("queries", "k2", entry("body"), ["tracks:1"]);
    kept.set("queries", "k3", entry("body"), ["tracks:11", "tracks"]);
    kept.touch(["tracks:1", "unknown"]);
    expect(found(kept, "k1", "k2", "k3")).toEqual(["k3"]);
    kept.collect(EVERYTHING, 0);
    expect([found(kept, "k1", "k2", "k3"), kept.count("queries"), kept.bytes]).toEqual([["k3"], 1, COST + 0]);
  });

  test("hits entries stored after the touch, also before stale ones are collected", () => {
    const kept = store(9);
    kept.set("queries", "k1", entry("old"), ["t"]);
    kept.set("queries", "k2", entry("old"), ["t"]);
    kept.touch(["t"]);
    kept.set("queries", "k1", entry("new"), ["t"]);
    expect(kept.get("queries", "k1")?.entry.body).toBe("new");
    kept.collect(EVERYTHING, 0);
    expect(found(kept, "k1", "k2")).toEqual(["k1"]);
    kept.touch(["t"]);
    expect(found(kept, "k1")).toEqual([]);
  });

  test("forgets the tags of a replaced entry", () => {
    const kept = store(9);
    kept.set("queries", "k1", entry("old"), ["tracks:1"]);
    kept.set("queries", "k1", entry("new"), ["tracks:2"]);
    kept.touch(["tracks:1"]);
    expect(kept.get("queries", "k1")?.entry.body).toBe("new");
  });

  test("stays within its bytes: evicts the oldest entries first, across tables", () => {
    const kept = store(3);
    for (const [i, table] of (["queries", "search", "queries"] as const).entries())
      kept.set(table, `k${i}`, entry("body", i), []);
    kept.set("popular", "k3", entry("body", 3), []);
    expect(CACHE_TABLES.map((table) => kept.count(table))).toEqual([0, 1, 0, 1, 1]);
    kept.set("popular", "k4", entry("bodybodybody", 4), []);
    expect(CACHE_TABLES.map((table) => kept.count(table))).toEqual([0, 0, 0, 0, 2]);
    expect(kept.bytes).toBeLessThanOrEqual(3 * COST);
  });

  test("rejects an entry larger than the whole cache, without evictions", () => {
    const kept = store(2);
    kept.set("queries", "k1", entry("body"), []);
    kept.set("queries", "k2", entry("x".repeat(10 * COST)), ["t"]);
    expect([found(kept, "k1", "k2"), kept.bytes]).toEqual([["k1"], COST]);
  });

  test("counts its bytes correctly through every kind of removal", () => {
    const kept = store(9);
    const fill = () =>
      ["k1", "k2", "k3"].forEach((key) => void kept.set("queries", key, entry("body"), ["t"]));
    const state = () => [kept.bytes, kept.count("queries"), kept.hasGarbage];
    fill();
    fill();
    expect(state()).toEqual([3 * COST, 3, false]);
    kept.touch(["t"]);
    kept.collect(EVERYTHING, 0);
    expect(state()).toEqual([0, 0, false]);
    fill();
    kept.collect(EVERYTHING, 1_000);
    expect(state()).toEqual([0, 0, false]);
    fill();
    kept.clear();
    expect(state()).toEqual([0, 0, true]);
    fill();
    expect(state()).toEqual([3 * COST, 3, false]);
    kept.clear();
    kept.set("queries", "k4", entry("body"), []);
    expect(found(kept, "k1", "k4")).toEqual(["k4"]);
    kept.collect(EVERYTHING, 0);
    expect(state()).toEqual([COST, 1, false]);
  });

  test("removes expired entries only, a slice at a time", () => {
    const kept = store(2_000);
    for (let i = 0; i < 50; i++) kept.set("queries", `old${i}`, entry("body", 0, 10), []);
    kept.set("queries", "fresh", entry("body", 0, 11), []);
    expect(kept.collect(20, 9)).toBe(false);
    const counts = [kept.collect(20, 10), kept.count("queries"), kept.collect(31, 10), kept.count("queries")];
    expect(counts).toEqual([true, 31, false, 1]);
    expect(found(kept, "fresh")).toEqual(["fresh"]);
  });

  test("removes no row when a tag is touched or all is cleared; collection removes as many as it is told to", () => {
    const kept = store(3_000);
    for (let i = 0; i < 1_000; i++) kept.set("queries", `k${i}`, entry("body"), ["tracks", `tracks:${i}`]);
    kept.touch(["tracks"]);
    expect(kept.count("queries")).toBe(1_000);
    const counts: number[] = [];
    while (kept.collect(100, 0)) counts.push(kept.count("queries"));
    expect(counts).toEqual(Array.from({ length: 10 }, (_, i) => 900 - 100 * i));
  });

  test("drops everything when too many tags were touched to remember", () => {
    const kept = store(9);
    kept.set("queries", "k1", entry("body"), ["t"]);
    kept.touch(Array.from({ length: 100_001 }, (_, i) => `other:${i}`));
    expect(found(kept, "k1")).toEqual([]);
  });
});

describe("versions of tags", () => {
  test("tell whether one of the tags changed since", () => {
    const versions = new TagVersions();
    const before = versions.now;
    versions.touch(["a", "b"]);
    expect(versions.movedSince(before, ["x", "b"])).toBe(true);
    expect(versions.movedSince(before, ["x"])).toBe(false);
    expect(versions.movedSince(versions.now, ["a", "b"])).toBe(false);
  });

  test("count every tag as changed after all were touched, until the next version", () => {
    const versions = new TagVersions();
    const before = versions.now;
    versions.touchAll();
    expect(versions.movedSince(before, ["never seen"])).toBe(true);
    expect(versions.movedSince(versions.now, ["never seen"])).toBe(false);
  });

  test("are bounded; after half are forgotten, a changed tag never counts as unchanged", () => {
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

  test("keep at least the newest half exactly", () => {
    const versions = new TagVersions(10);
    for (let i = 0; i < 11; i++) versions.touch([`t${i}`]);
    expect(versions.movedSince(versions.now - 1, ["t9"])).toBe(false);
    expect(versions.movedSince(versions.now - 1, ["t10"])).toBe(true);
    expect(versions.movedSince(versions.now - 5, ["never"])).toBe(false);
  });

  test("keep a tag touched again among the newest", () => {
    const versions = new TagVersions(10);
    for (let i = 0; i < 9; i++) versions.touch([`t${i}`]);
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
  test("returns filled entries from either tier", () => {
    const { cache, fill, bodyOf } = bench();
    const filled = fill("a");
    expect(cache.get("queries", "a")).toBe(filled);
    expect(bodyOf("b")).toBeUndefined();
    expect(cache.entries("queries")).toBe(1);
  });

  /** Fills more than the hot tier holds; each entry is hit once before its eviction. */
  const overflow = ({ fill, bodyOf }: Pick<ReturnType<typeof bench>, "fill" | "bodyOf">, count: number) => {
    for (let i = 0; i < count; i++) {
      fill(`k${i}`, ["t", `t:${i}`], "x".repeat(200));
      bodyOf(`k${i}`);
    }
    return Array.from({ length: count }, (_, i) => `k${i}`);
  };

  test("finds in its database entries evicted from the hot tier after a hit", () => {
    const { cache, fill, bodyOf } = bench(100_000);
    const keys = overflow({ fill, bodyOf }, 60);
    expect(cache.bytes.hot).toBeLessThanOrEqual(50_000);
    expect(cache.bytes.database).toBeGreaterThan(0);
    for (let again = 0; again < 5; again++) expect(keys.map(bodyOf)).not.toContain(undefined);
    expect(cache.bytes.hot + cache.bytes.database).toBeLessThanOrEqual(100_000);
  });

  test("forgets entries evicted from the hot tier without a hit", () => {
    const { cache, fill, bodyOf } = bench(100_000);
    for (let i = 0; i < 100; i++) fill(`k${i}`, [], "x".repeat(200));
    expect(bodyOf("k0")).toBeUndefined();
    expect(cache.bytes.database).toBe(0);
  });

  test("keeps entries larger than the hot tier in its database", () => {
    const { cache, fill, bodyOf } = bench(20_000);
    fill("large", ["t"], "x".repeat(4_000));
    expect(cache.bytes.hot).toBe(0);
    expect(bodyOf("large")).toHaveLength(4_000);
    cache.invalidate(["t"]);
    expect(bodyOf("large")).toBeUndefined();
  });

  test("always stays within its bytes", () => {
    const { cache, fill, bodyOf } = bench(20_000);
    overflow({ fill, bodyOf }, 200);
    expect(cache.bytes.hot + cache.bytes.database).toBeLessThanOrEqual(20_000);
    expect(cache.bytes.database).toBeGreaterThan(5_000);
  });

  test("an invalidation removes no rows but hides their entries; collection runs in slices", () => {
    const { cache, clock, fill, bodyOf } = bench(10_000_000);
    const keys = overflow({ fill, bodyOf }, 20_000);
    const full = cache.entries("queries");
    const bytes = cache.bytes;
    expect(bytes.database).toBeGreaterThan(4_000_000);
    cache.invalidate(["t"]);
    expect([cache.entries("queries"), cache.bytes]).toEqual([full, bytes]);
    let slices = 0;
    for (let before = full; cache.entries("queries") > 0; slices++) {
      cache.collect();
      const after = cache.entries("queries");
      expect(before - after).toBeLessThanOrEqual(8 + 64);
      before = after;
    }
    expect(slices).toBeGreaterThan(100);
    expect(cache.bytes).toEqual({ hot: 0, database: 0 });
    expect([...new Set(keys.map(bodyOf))]).toEqual([undefined]);
    clock.now++;
    cache.close();
  });

  test("invalidated entries are missed before they are collected, in either tier", () => {
    const { cache, fill, bodyOf } = bench(1_000_000);
    const keys = overflow({ fill, bodyOf }, 2_000);
    fill("other", ["u"]);
    cache.invalidate(["t:7", "t:1999"]);
    expect([bodyOf("k7"), bodyOf("k1999"), bodyOf("other")]).toEqual([undefined, undefined, "other"]);
    cache.invalidate(["t"]);
    expect([...new Set(keys.map(bodyOf))]).toEqual([undefined]);
    expect(bodyOf("other")).toBe("other");
    cache.close();
  });

  test("collects by itself after a write", async () => {
    const { cache, fill, bodyOf } = bench(1_000_000);
    overflow({ fill, bodyOf }, 2_000);
    cache.invalidate(["t"]);
    while (cache.entries("queries") > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(cache.bytes).toEqual({ hot: 0, database: 0 });
    cache.close();
  });

  test("misses expired entries in either tier, and collects them later", () => {
    const { cache, clock, fill, bodyOf } = bench();
    fill("a");
    clock.now += 59_999;
    expect(bodyOf("a")).toBe("a");
    clock.now += 1;
    expect(bodyOf("a")).toBeUndefined();
    cache.collect();
    expect([cache.entries("queries"), cache.bytes]).toEqual([0, { hot: 0, database: 0 }]);
  });

  test("invalidates exactly the entries with a touched tag, in both tiers", () => {
    const { cache, fill, bodyOf } = bench();
    fill("a", ["tracks:1"]);
    fill("b", ["tracks:1", "tracks"]);
    fill("c", ["tracks:11"]);
    cache.invalidate(["tracks:1", "artists:1"]);
    expect(["a", "b", "c"].map(bodyOf)).toEqual([undefined, undefined, "c"]);
    cache.collect();
    expect(cache.entries("queries")).toBe(1);
    expect([...cache.counters.invalidations]).toEqual([
      ["tracks", 1],
      ["artists", 1],
    ]);
  });

  test("discards a fill whose tags changed since its read was sent, but answers with it", () => {
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

  test("a discarded fill leaves a newer entry in place", () => {
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
  ])("is empty once it is %s, and accepts no earlier fill", (_, empty) => {
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

  test("of zero bytes stores nothing", () => {
    const { cache, fill, bodyOf } = bench(0);
    expect(cache.enabled).toBe(false);
    expect(fill("a").body).toBe("a");
    expect(bodyOf("a")).toBeUndefined();
    expect(cache.bytes).toEqual({ hot: 0, database: 0 });
  });

  test("stores nothing of an uncacheable read", () => {
    const { cache } = bench();
    cache.fill("none", "a", answer("a"), [], cache.moment);
    expect(cache.get("none", "a")).toBeUndefined();
  });

  test("does not store an entry larger than the cache, and removes its predecessor", () => {
    const { fill, bodyOf } = bench(20_000);
    fill("a", [], "small");
    fill("a", [], "x".repeat(50_000));
    expect(bodyOf("a")).toBeUndefined();
  });
});
