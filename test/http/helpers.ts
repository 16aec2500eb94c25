import Database from "better-sqlite3";
import { expect } from "vitest";
import { ERRORS, type ErrorCode } from "../../src/shared/errors.ts";
import { type Answer, get, type Json, type TestServer } from "../support/server.ts";

/** Every item of a list, a page at a time; the last page says that it is. */
export async function walk(server: TestServer, path: string, limit = 37): Promise<Json[]> {
  const items: Json[] = [];
  const first = `${path}${path.includes("?") ? "&" : "?"}limit=${limit}`;
  for (let next: string | null = ""; next !== null; ) {
    const page = await get(server, next === "" ? first : `${first}&cursor=${next}`);
    expect(page.status, page.text).toBe(200);
    items.push(...page.json.data);
    next = page.json.next;
    if (next !== null) expect(page.json.data).toHaveLength(limit);
  }
  return items;
}

export const ids = (items: readonly Json[]): number[] => items.map(({ id }) => id);

/** The first column of a query over the server's file, read beside the server. */
export function column<T = number>(server: TestServer, sql: string, ...params: unknown[]): T[] {
  const db = new Database(server.database, { readonly: true });
  try {
    return db.prepare<unknown[], T>(sql).pluck().all(params);
  } finally {
    db.close();
  }
}

/** One value of a query over the server's file. */
export const value = <T = number>(server: TestServer, sql: string, ...params: unknown[]): T =>
  column<T>(server, sql, ...params)[0]!;

/** What every answer of status 400 and above looks like. @returns its body. */
export function expectProblem(answer: Answer, status: number, code: string): Json {
  expect(`${answer.status} ${answer.json?.code}`, answer.text).toBe(`${status} ${code}`);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  expect(answer.headers.get("cache-control")).toBe("no-store");
  expect(answer.json).toMatchObject({ type: `/docs/errors#${code}`, title: expect.any(String), status });
  expect(answer.json.detail).toEqual(expect.stringMatching(/\w/));
  expect(answer.json.request_id).toBe(answer.headers.get("x-request-id"));
  const { retry } = ERRORS[code as ErrorCode];
  expect(answer.headers.get("retry-after") ?? "").toMatch(retry === false ? /^$/ : /^[1-9]\d*$/);
  return answer.json;
}
