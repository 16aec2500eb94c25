import { type Argon2Parameters, argon2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { type Cost, HASH, type PasswordJob, parsePhc, phcOf } from "../shared/passwords.ts";

/**
 * The thread that hashes passwords. There is one, so that a burst of logins uses at most one processor. It hashes
 * synchronously, because the asynchronous form would occupy libuv's pool, which serves the file system and DNS.
 */
export default function run({ password, against }: PasswordJob): string | boolean {
  return against === undefined ? hashed(password) : matches(password, against);
}

function hashed(password: string): string {
  const salt = randomBytes(HASH.saltBytes);
  return phcOf(HASH, salt, argon2(password, salt, HASH, HASH.tagBytes));
}

function matches(password: string, against: string): boolean {
  const parsed = parsePhc(against);
  if (parsed === undefined) return false;
  return timingSafeEqual(argon2(password, parsed.salt, parsed, parsed.tag.length), parsed.tag);
}

const argon2 = (message: string, nonce: Buffer, cost: Cost, tagLength: number): Buffer =>
  argon2Sync("argon2id", {
    message,
    nonce,
    tagLength,
    memory: cost.memory,
    passes: cost.passes,
    parallelism: cost.parallelism,
  } satisfies Argon2Parameters);
