import { createHash } from "node:crypto";

/**
 * A URL-friendly form of a name: lower case, accents folded, everything else a hyphen. Letters of any script are
 * kept. A name without a letter or digit becomes `untitled`. Not unique: ids identify, slugs are for reading.
 */
export function slugify(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/['’]/gu, "")
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .slice(0, 80)
    .replace(/^-+|-+$/g, "")
    .toWellFormed();
  return slug === "" ? "untitled" : slug;
}

/**
 * A UUID derived from its name alone (RFC 9562, version 8 with a SHA-256 of the name). A repeated import or
 * generation gives every row the same `public_id` again.
 */
export function uuidFromName(name: string): string {
  const hash = createHash("sha256").update(name).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
