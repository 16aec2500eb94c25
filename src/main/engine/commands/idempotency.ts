import { hash } from "node:crypto";
import { z } from "zod";
import type { Guard, Statement, Statements } from "../../../shared/protocol.ts";
import { steadyNow } from "../clock.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../reads/read.ts";
import { type Command, command, statement } from "./command.ts";

/** Milliseconds for which a key's answer is stored. */
const KEPT_MS = 24 * 3_600_000;

/** A request that must not be applied twice: its key, and a fingerprint of its content. */
export interface IdempotentRequest {
  /** The key's owner. Keys of different principals are independent. */
  readonly principal: string;
  readonly key: string;
  readonly fingerprint: string;
}

/** Hashes the content, not its notation: whitespace and the order of members make no difference. */
export const fingerprint = (method: string, path: string, body: string): string =>
  hash("sha256", `${method} ${path}\n${JSON.stringify(JSON.parse(body, inOrder))}`, "base64url");

const inOrder = (_: string, value: unknown): unknown =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? value
    : Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Selects the row of a request. */
const OWN = "principal = likely(@own_principal) AND key = likely(@own_key)";
const own = ({ principal, key }: Pick<IdempotentRequest, "principal" | "key">) => ({
  own_principal: principal,
  own_key: key,
});

/**
 * Keys claimed at this time or before are free. Every read and every claim checks this; deletion only frees space.
 */
const expiredAt = (now: number): string => new Date(now - KEPT_MS).toISOString();

const CLAIMED: Guard = { must: "change", otherwise: { code: "idempotency_in_progress" } };

/**
 * Makes a command's statements idempotent. The first statement claims the key, so a second command with the same
 * key is refused before it does anything. The last stores the answer, in the same transaction as the write. A
 * refused command leaves no key behind, so the client may retry it.
 */
export function applyOnce(
  request: IdempotentRequest,
  statements: Statements,
  answer: Statement,
  now = steadyNow(),
): Statements {
  const { fingerprint } = request;
  return [
    statement(
      `INSERT INTO idempotency_keys (principal, key, fingerprint, created_at)
       VALUES (@own_principal, @own_key, @fingerprint, @now)
       ON CONFLICT (principal, key) DO UPDATE SET fingerprint = excluded.fingerprint, created_at = excluded.created_at,
         body = NULL, etag = NULL
       WHERE created_at <= likely(@expired)`,
      { ...own(request), fingerprint, now: new Date(now).toISOString(), expired: expiredAt(now) },
      CLAIMED,
    ),
    ...statements,
    statement(
      `UPDATE idempotency_keys SET (body, etag) = (SELECT body, etag FROM (${answer.sql})) WHERE ${OWN}`,
      { ...answer.params, ...own(request) },
    ),
    statement(`SELECT body, etag FROM idempotency_keys WHERE ${OWN}`, own(request)),
  ];
}

type KeyOf = Pick<IdempotentRequest, "principal" | "key">;

/** @param now milliseconds of a monotonic clock: adjusting the machine's clock neither frees keys nor keeps them. */
export const storedAnswer = (request: KeyOf, now: number) => ({
  sql: `SELECT json_object('fingerprint', fingerprint, 'body', body, 'etag', etag), '', NULL
      FROM idempotency_keys WHERE ${OWN} AND created_at > likely(@expired)`,
  params: { ...own(request), expired: expiredAt(now) },
});

/** The stored answer of a key: `{"fingerprint", "body", "etag"}`, with body and etag as they were sent. */
export const IDEMPOTENCY_READ: Read<KeyOf> = read({
  name: "idempotency.get",
  lane: "point",
  params: z.strictObject({ principal: z.string(), key: z.string() }),
  statement: (request) => storedAnswer(request, steadyNow()),
  cache: UNCACHED,
});

/** Keys that one command deletes: a few milliseconds of the writer's time. */
const SLICE = 1_000;

/** Deletes a slice of the free keys. The body is 1 if there may be more. */
export const FORGET_KEYS: Command<Nothing> = command({
  name: "idempotency.forget",
  background: true,
  input: nothing,
  statements: () => [
    statement(
      `DELETE FROM idempotency_keys WHERE (principal, key) IN
        (SELECT principal, key FROM idempotency_keys WHERE created_at <= likely(@expired) ORDER BY created_at LIMIT ${SLICE})`,
      { expired: expiredAt(steadyNow()) },
    ),
  ],
  answer: () => statement(`SELECT (changes() = ${SLICE}) || '' AS body, NULL AS etag`, {}),
  tags: () => [],
});
