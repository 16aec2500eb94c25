import { createHash } from "node:crypto";

/**
 * A URL-friendly form of a name: lower case, accents folded, everything else a hyphen. Letters of any script
 * are kept; a name with no letter or digit at all becomes `untitled`. Not unique: ids identify, slugs read well.
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
 * A UUID that depends on nothing but its name (RFC 9562, version 8 with a SHA-256 of the name), so that a
 * repeated import or generation gives every row the `public_id` it had before.
 */
export function uuidFromName(name: string): string {
  const hash = createHash("sha256").update(name).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x80;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}
