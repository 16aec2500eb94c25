import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openForReading } from "../../src/shared/database/sqlite.ts";
import { SECRET_COLUMNS } from "../../src/shared/sql-request.ts";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

/** Operators' SQL: what it answers, and that nothing gets past which is no reading. */

let server: TestServer;
beforeAll(async () => {
  const database = copyOf(await makeCatalogue());
  const db = new Database(database);
  db.exec(`INSERT INTO users (id, email, email_key, password, created_at, updated_at)
    VALUES (1000001, 'ada@example.com', 'ada@example.com', '$argon2id$secret', '', '');
    INSERT INTO sessions (user_id, token_hash, created_at, last_seen_at, expires_at)
    VALUES (1000001, 'hash-of-token', '', '2999-01-01T00:00:00.000Z', '2999-01-01T00:00:00.000Z');
    INSERT INTO idempotency_keys (principal, key, fingerprint, body, created_at)
    VALUES ('x', 'k', 'f', 'chk_secret', '')`);
  db.exec("ANALYZE");
  db.close();
  server = await startServer({}, { database });
}, 120_000);
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const run = (sql: string, rest: object = {}) => post(server, "/admin/sql", { sql, ...rest });

describe("results", () => {
  test("rows are arrays with column names", async () => {
    const { status, json } = await run(
      "SELECT 1 AS a, 'x' AS b, NULL AS c, x'0aff' AS d, 9007199254740993 AS e, 9e999 AS f",
    );
    expect(status).toBe(200);
    expect(json).toMatchObject({
      columns: ["a", "b", "c", "d", "e", "f"],
      rows: [[1, "x", null, "x'0aff'", "9007199254740993", "Infinity"]],
      truncated: false,
    });
  });

  test("parameters are named or positional", async () => {
    expect((await run("SELECT @a + @b", { params: { a: 1, b: 2 } })).json.rows).toEqual([[3]]);
    expect((await run("SELECT ? || ?", { params: ["a", "b"] })).json.rows).toEqual([["ab"]]);
    expect((await run("SELECT @a", { params: { b: 1 } })).json.code).toBe("sql_refused");
  });

  test("rows are limited, and the answer says if there are more", async () => {
    const { json } = await run("SELECT id FROM tracks ORDER BY id", { limit: 2 });
    expect(json).toMatchObject({ rows: [[1], [2]], truncated: true });
    const all = await run("SELECT id FROM tracks ORDER BY id LIMIT 2", { limit: 2 });
    expect(all.json.truncated).toBe(false);
  });

  test("Accept: text/csv gives RFC 4180 CSV and says if it was truncated", async () => {
    const sql =
      "SELECT 'a,b' AS \"x\"\"y\", '' AS e, NULL AS n, 'c' || char(10) AS l UNION ALL SELECT 1, 2, 3, 4";
    const { text, headers } = await post(server, "/admin/sql", { sql, limit: 1 }, { accept: "text/csv" });
    expect(headers.get("content-type")).toBe("text/csv; charset=utf-8");
    expect(headers.get("truncated")).toBe("true");
    expect(text).toBe('"x""y",e,n,l\r\n"a,b","",,"c\n"\r\n');
  });

  test("full text, vectors, sizes, plans, schema and JSON can be queried", async () => {
    for (const sql of [
      "SELECT count(*) FROM tracks_fts WHERE tracks_fts MATCH 'a*'",
      "SELECT count(*) FROM vectors_audio",
      "SELECT sum(pgsize) FROM dbstat",
      "EXPLAIN QUERY PLAN SELECT * FROM tracks WHERE id = 1",
      "SELECT name FROM pragma_table_info('tracks')",
      "PRAGMA table_list",
      "SELECT sql FROM sqlite_schema",
      "SELECT value FROM json_each('[1,2]')",
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10) SELECT sum(i) FROM n",
      "-- first a comment\nSELECT 1; /* and one after */ ; --",
    ]) {
      const { status, text } = await run(sql);
      expect(status, `${sql}: ${text}`).toBe(200);
    }
  });
});

describe("statements that write or access other files are refused", () => {
  test.each([
    "INSERT INTO genres (public_id, slug, name, created_at, updated_at) VALUES ('x', 'x', 'x', '', '')",
    "UPDATE tracks SET name = 'x'",
    "DELETE FROM tracks",
    "WITH x AS (SELECT 1) DELETE FROM tracks",
    "REPLACE INTO meta VALUES ('a', 'b')",
    "SELECT 1; DELETE FROM tracks",
    "SELECT 1; SELECT 2",
    "CREATE TABLE x (a)",
    "CREATE TEMP TABLE x (a)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE TRIGGER x AFTER INSERT ON tracks BEGIN SELECT 1; END",
    "CREATE VIRTUAL TABLE x USING fts5 (a)",
    "CREATE INDEX x ON tracks (name)",
    "DROP TABLE tracks",
    "ALTER TABLE tracks ADD COLUMN x",
    "REINDEX",
    "ANALYZE",
    "VACUUM",
    "VACUUM INTO '/tmp/stolen.sqlite'",
    "ATTACH '/tmp/other.sqlite' AS other",
    "ATTACH ':memory:' AS other",
    "DETACH main",
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "SAVEPOINT x",
    "SELECT load_extension('/tmp/evil.so')",
    "SELECT readfile('/etc/passwd')",
    "SELECT writefile('/tmp/x', 'y')",
    "SELECT edit('x')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT * FROM sqlite_dbpage",
    "SELECT * FROM sqlite_stat4",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA query_only = OFF",
    "PRAGMA writable_schema = ON",
    "PRAGMA user_version = 7",
    "PRAGMA schema_version = 7",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA trusted_schema = ON",
    "PRAGMA optimize",
    "PRAGMA incremental_vacuum",
    "PRAGMA shrink_memory",
    "PRAGMA integrity_check",
    "SELECT * FROM pragma_wal_checkpoint",
    "EXPLAIN DELETE FROM tracks",
    "INSERT INTO tracks_fts (tracks_fts) VALUES ('delete-all')",
    "INSERT INTO tracks_fts (tracks_fts, rank) VALUES ('merge', 500)",
    "UPDATE sqlite_schema SET sql = ''",
    "INSERT INTO audio_vectors VALUES (1, x'00')",
    "",
    " ; ",
    "nonsense",
    "SELECT * FROM nothing",
    "SELECT '\0'",
  ])("%s", async (sql) => {
    const { status, json } = await run(sql);
    expect(status, JSON.stringify(json)).toBe(422);
    expect(["sql_refused", "invalid"]).toContain(json.code);
  });

  test("the database is unchanged afterwards", async () => {
    const { json } = await run(
      "SELECT count(*) FROM sqlite_schema WHERE name = 'x' UNION ALL SELECT count(*) FROM tracks",
    );
    expect(json.rows).toEqual([[0], [500]]);
  });
});

describe("endless and huge queries end", () => {
  const COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)";

  test.each([
    ["a count without an end", `${COUNT} SELECT count(*) FROM n`],
    ["rows that are put in order without an end", `${COUNT} SELECT i, randomblob(1000) FROM n ORDER BY 2`],
    ["a join of everything", "SELECT count(*) FROM tracks a, tracks b, tracks c, tracks d"],
    ["large values put together", `${COUNT} SELECT group_concat(hex(zeroblob(1000000))) FROM n`],
    [
      "many large values",
      `${COUNT} SELECT max(length(b)) FROM (SELECT i, zeroblob(15000000) AS b FROM n ORDER BY b, i)`,
    ],
  ])(
    "%s",
    async (_, sql) => {
      const { status, json } = await run(sql);
      expect(status).toBe(422);
      expect(["sql_too_expensive", "sql_refused"]).toContain(json.code);
      expect((await get(server, "/v1/tracks/1")).status).toBe(200);
    },
    30_000,
  );

  test.each([
    "SELECT zeroblob(1000000000)",
    "SELECT randomblob(1000000000)",
    "SELECT printf('%*c', 1000000000, 'x')",
    "SELECT replace(hex(zeroblob(8000000)), '0', 'xxxxxxxx')",
  ])("%s exceeds the maximum size of a value", async (sql) => {
    const { json } = await run(sql);
    expect(json.code).toBe("sql_refused");
  });

  test("an answer is limited in bytes", async () => {
    const { json, text } = await run(`${COUNT} SELECT hex(zeroblob(100000)) FROM n`, { limit: 10_000 });
    expect(json.truncated).toBe(true);
    expect(text.length).toBeLessThan(4.5 * 1_048_576);
    expect(json.rows.length).toBeGreaterThan(10);
  });

  test("other queries are answered after one was stopped, and too many at once are refused", async () => {
    const slow = Array.from({ length: 8 }, () => run("SELECT count(*) FROM tracks a, tracks b LIMIT 1"));
    const codes = (await Promise.all(slow)).map(({ status }) => status);
    expect(codes.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
    expect(codes.every((status) => status === 200 || status === 503)).toBe(true);
  });
});

describe("secrets", () => {
  test.each([
    "SELECT password FROM users WHERE id = 1000001",
    "SELECT u.password FROM users u JOIN sessions s ON s.user_id = u.id",
    "SELECT max(password) FROM users",
    "SELECT group_concat(token_hash) FROM sessions",
    "SELECT body FROM idempotency_keys",
    "SELECT x FROM (SELECT password AS x FROM users WHERE id = 1000001)",
    "WITH s AS (SELECT token_hash AS x FROM sessions) SELECT x FROM s",
    'SELECT "PASSWORD" FROM Users WHERE id = 1000001',
  ])("%s is NULL", async (sql) => {
    expect((await run(sql)).json.rows).toEqual([[null]]);
  });

  test.each([
    "SELECT count(*) FROM users WHERE password LIKE '$argon%'",
    "SELECT count(*) FROM users WHERE password IS NOT NULL",
    "SELECT count(*) FROM sessions WHERE token_hash = 'hash-of-token'",
    "SELECT count(*) FROM users a JOIN users b ON a.password = b.password",
  ])("%s reveals nothing", async (sql) => {
    expect((await run(sql)).json.rows).toEqual([[0]]);
  });

  test.each([
    "SELECT count(*) FROM users a JOIN users b USING (password)",
    "SELECT 1 FROM \"Users\" NATURAL JOIN (SELECT '$argon2id$secret' AS password)",
    "SELECT 1 FROM [sessions] /**/ join (SELECT 'x' AS token_hash) using(token_hash)",
  ])("%s compares a secret and is refused", async (sql) => {
    expect((await run(sql)).json.code).toBe("sql_refused");
  });

  test("whole rows contain no secret", async () => {
    for (const table of ["users", "sessions", "idempotency_keys"]) {
      const { text } = await run(`SELECT * FROM ${table}`);
      expect(text).not.toMatch(/argon2id|hash-of-token|chk_secret/);
    }
  });

  test("every column with a secret-like name is hidden or listed as harmless", () => {
    const db = openForReading(server.database);
    const named = db
      .prepare<[], string>(
        `SELECT t.name || '.' || c.name FROM pragma_table_list t, pragma_table_info(t.name) c
         WHERE t.schema = 'main' AND t.type = 'table' AND t.name NOT GLOB '*_fts*'
           AND (c.name LIKE '%password%' OR c.name LIKE '%secret%' OR c.name LIKE '%token%' OR c.name LIKE '%hash%')`,
      )
      .pluck()
      .all();
    db.close();
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((column) => !SECRET_COLUMNS.has(column) && !NONE.has(column))).toEqual([]);
  });
});

/** What sounds like a secret and is none. */
const NONE: ReadonlySet<string> = new Set([]);

test("chinook query run answers and refuses the same with and without a server", async () => {
  const settings = { CHINOOK_DATABASE: server.database };
  const through = await chinook(["query", "run", "SELECT count(*) AS n FROM tracks", "--json"], settings);
  expect(JSON.parse(through.stdout)).toMatchObject({ columns: ["n"], rows: [[500]] });
  const alone = { CHINOOK_DATABASE: copyOf(await makeCatalogue()) };
  const args = ["query", "run", "SELECT @n + 1 AS n", "--param", "n=2", "--csv"];
  expect((await chinook(args, alone)).stdout).toBe("n\r\n3\r\n");
  const refused = await chinook(["query", "run", "DELETE FROM tracks"], alone);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("not authorized")]);
}, 60_000);
