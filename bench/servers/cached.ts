import { Cache } from "../../src/main/engine/cache/cache.ts";
import { CacheStore } from "../../src/main/engine/cache/store.ts";
import type { Backend } from "./app.ts";
import type { Body } from "./executor.ts";
import type { ReadName } from "./reads.ts";

const BYTES = 32 * 1_048_576;
const LIFETIME_S = 300;

interface Kept {
  get(key: string): string | undefined;
  keep(key: string, body: string, tags: readonly string[], began: number): void;
  invalidate(tags: readonly string[]): void;
  readonly moment: number;
}

/** The cache database alone. Nothing prevents stale fills, which no scenario here would detect. */
function databaseAlone(): Kept {
  const store = new CacheStore(BYTES);
  return {
    moment: 0,
    get: (key) => store.get("queries", key)?.entry.body,
    keep: (key, body, tags) => {
      const storedAt = Date.now();
      store.set("queries", key, { body, etag: "", storedAt, expiresAt: storedAt + LIFETIME_S * 1_000 }, tags);
    },
    invalidate: (tags) => store.touch(tags),
  };
}

function bothTiers(): Kept {
  const cache = new Cache({ maxBytes: BYTES });
  return {
    get moment() {
      return cache.moment;
    },
    get: (key) => cache.get("queries", key)?.body,
    keep: (key, body, tags, began) => {
      cache.fill("queries", key, { body, etag: "", lifetime: LIFETIME_S }, tags, began);
    },
    invalidate: (tags) => cache.invalidate(tags),
  };
}

/** A backend behind our cache, with one tier or both. */
export function cached(backend: Backend, tiers: "database" | "both"): Backend {
  const kept = tiers === "both" ? bothTiers() : databaseAlone();
  return {
    read: (name, params) => {
      const key = `${name} ${JSON.stringify(params)}`;
      return kept.get(key) ?? filled(name, params, key);
    },
    play: (play) => backend.play(play),
    rename: async (track) => {
      const body = await backend.rename(track);
      kept.invalidate([`tracks:${track.id}`, "tracks"]);
      return body;
    },
  };

  async function filled(name: ReadName, params: object, key: string): Promise<Body> {
    const began = kept.moment;
    const body = await backend.read(name, params);
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const own = name === "tracks.get" ? `tracks:${(params as { id: number }).id}` : "tracks";
    if (text !== undefined) kept.keep(key, text, [own], began);
    return text;
  }
}
