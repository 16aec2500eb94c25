import { hash } from "node:crypto";
import { z } from "zod";
import type { Statement, Statements } from "../../../shared/protocol.ts";
import { type Read, read, UNCACHED } from "../reads/read.ts";
import { statement } from "./command.ts";

/** Milliseconds for which a key's answer is kept. */
export const KEPT_MS = 24 * 3_600_000;

/** A request that must not be applied twice: its key, and what tells it from another under the same key. */
export interface IdempotentRequest {
  readonly key: string;
  readonly fingerprint: string;
}

/** Of what is asked for, and not of how it is written: spaces and the order of members make no difference. */
export const fingerprint = (method: string, path: string, body: string): string =>
  hash("sha256", `${method} ${path}\n${JSON.stringify(JSON.parse(body, inOrder))}`, "base64url");

const inOrder = (_: string, value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/**
 * A command's statements, made to apply once: the key is claimed first, so that a second command under it fails
 * on the primary key before it does anything, and the answer is stored last, in the same transaction as the
 * write. A command that did nothing (its answer is empty) leaves no key behind and may be tried again.
 */
export function applyOnce(
  { key, fingerprint }: IdempotentRequest,
  statements: Statements,
  answer: Statement,
  now: string,
): Statements {
  return [
    statement(
      "INSERT INTO idempotency_keys (key, fingerprint, created_at) VALUES (@key, @fingerprint, @now)",
      {
        key,
        fingerprint,
        now,
      },
    ),
    ...statements,
    statement(
      `UPDATE idempotency_keys SET (body, etag) = (SELECT body, etag FROM (${answer.sql})) WHERE key = likely(@idempotency_key)`,
      { ...answer.params, idempotency_key: key },
    ),
    statement("DELETE FROM idempotency_keys WHERE key = likely(@key) AND body IS NULL", { key }),
    statement("SELECT body, etag FROM idempotency_keys WHERE key = likely(@key)", { key }),
  ];
}

/** Drops what is older than a day: run now and then as maintenance, a slice at a time. */
export const forgetOldKeys = (now: Date): Statement =>
  statement(
    `DELETE FROM idempotency_keys WHERE key IN
      (SELECT key FROM idempotency_keys WHERE created_at < likely(@before) ORDER BY created_at LIMIT 1000)`,
    { before: new Date(now.getTime() - KEPT_MS).toISOString() },
  );

/** The stored answer of a key: `{"fingerprint", "body", "etag"}`, body and etag as they were sent. */
export const IDEMPOTENCY_READ: Read<{ readonly key: string }> = read({
  name: "idempotency.get",
  lane: "point",
  params: z.strictObject({ key: z.string() }),
  statement: ({ key }) => ({
    sql: `SELECT json_object('fingerprint', fingerprint, 'body', body, 'etag', etag), '', NULL
      FROM idempotency_keys WHERE key = likely(@key)`,
    params: { key },
  }),
  cache: UNCACHED,
});
