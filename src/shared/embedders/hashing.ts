/**
 * A 32-bit hash of a text: FNV-1a over its UTF-16 code units, then MurmurHash3's finaliser. FNV alone leaves the
 * high bits of short texts nearly constant, and signs and positions use different bits.
 */
export function hash32(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The words of a text: letters and digits of any script, in lower case and without accents. */
export function wordsOf(text: string): string[] {
  const folded = text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/['’]/gu, "");
  return folded.match(/[\p{L}\p{N}]+/gu) ?? [];
}
