import { expect, test, vi } from "vitest";
import { favouritesHitRates, genreQuality, hitRates } from "../../bench/quality.ts";
import { BenchDatabase, chinook } from "../../bench/support/database.ts";

vi.setConfig({ testTimeout: 120_000 });

const sample = process.env.CHINOOK_SAMPLE;

test("generated catalogue: neighbours share the genre, and recommendations beat popularity on held-out plays", () => {
  using made = new BenchDatabase();
  chinook(["generate", "--tracks", "2000", "--seed", "5", "--database", made.file]);
  chinook(["vectors", "generate", "--database", made.file]);
  const { share, base } = genreQuality(made.db, 200);
  expect(share / base).toBeGreaterThan(3);
  const { trials, recommended, popular, diversity } = hitRates(made.db, 5, new Date());
  expect(trials).toBeGreaterThan(100);
  expect(recommended).toBeGreaterThan(1.5 * popular);
  expect(diversity).toBeGreaterThan(0.2);
  const favourites = favouritesHitRates(made.db, 5, new Date());
  expect(favourites.recommended).toBeGreaterThan(1.2 * favourites.popular);
});

test.skipIf(sample === undefined)(
  "sample: neighbours share the genre three times as often as random tracks (needs CHINOOK_SAMPLE, the upstream file)",
  () => {
    using imported = new BenchDatabase();
    chinook(["import", sample!, "--database", imported.file]);
    chinook(["vectors", "generate", "--database", imported.file]);
    const { share, base } = genreQuality(imported.db, 300);
    expect(share / base).toBeGreaterThan(3);
  },
);
