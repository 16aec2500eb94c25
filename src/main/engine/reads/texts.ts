import { LRUCache } from "lru-cache";

/** More shapes than clients use in practice. */
const MOST = 256;

/**
 * Caches generated SQL texts by their shape. Building a text, and hashing a new string on its way to a reader, took
 * 10 µs of the main thread.
 */
export function keptTexts(): (shape: string, make: () => string) => string {
  const texts = new LRUCache<string, string>({ max: MOST });
  return (shape, make) => {
    const text = texts.get(shape) ?? make();
    texts.set(shape, text);
    return text;
  };
}
