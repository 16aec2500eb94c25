import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/**
 * Tokens: a prefix that scanners for leaked secrets recognise, the id for a key, 32 random characters (190 bits),
 * and a checksum that reveals an invalid token without the database.
 *
 *     chinook_key_17_<secret><checksum>    chinook_session_<secret><checksum>    chinook_link_<secret><checksum>
 */
export type TokenKind = "key" | "session" | "link";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

/** Rejection sampling: 256 is not a multiple of 62. */
function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += ALPHABET[byte % 62];
    }
  }
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = "";
  for (let i = 0; i < CHECKSUM_LENGTH; i++) {
    digits = ALPHABET[rest % 62]! + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

const withChecksum = (text: string): string => text + checksum(text);

export const newSecret = (): string => randomText(SECRET_LENGTH);
export const newToken = (kind: "session" | "link"): string => withChecksum(`chinook_${kind}_${newSecret()}`);
export const keyText = (id: number, secret: string): string => withChecksum(`chinook_key_${id}_${secret}`);

export type Token =
  | { readonly kind: "session" | "link"; readonly text: string }
  | { readonly kind: "key"; readonly id: number; readonly secret: string };

const FORM = /^chinook_(?:(session|link)|key_([1-9]\d{0,14}))_([0-9A-Za-z]{32})[0-9A-Za-z]{6}$/;

/** Undefined for anything but a token of this server; also if it is mistyped. */
export function parseToken(text: string): Token | undefined {
  const [, kind, id, secret] = FORM.exec(text) ?? [];
  if (secret === undefined || withChecksum(text.slice(0, -CHECKSUM_LENGTH)) !== text) return undefined;
  return id === undefined
    ? { kind: kind as "session" | "link", text }
    : { kind: "key", id: Number(id), secret };
}

/** The stored form of a secret. */
export const digest = (secret: string): string => hash("sha256", secret, "hex");
