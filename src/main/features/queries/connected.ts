import type { DatabaseSize, Plan } from "../../../shared/advice.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Param } from "../../../shared/protocol.ts";
import { assertDatabase, request, runningServer } from "../../cli/database.ts";
import { settingsOf } from "../../cli/options.ts";
import { Adviser } from "./adviser.ts";
import type { AdviceAnswer, IndexesAnswer } from "./answers.ts";
import { SqlRunner } from "./sql-runner.ts";
import { isId } from "./statements.ts";

interface SqlInput {
  readonly sql: string;
  readonly params: Readonly<Record<string, Param>>;
  readonly limit: number;
}

/** Queries of the commands, answered by the running server, or from the file if none runs. */
interface Queries {
  /** @param statement an id, or SQL. */
  explain(statement: string): Promise<Plan>;
  advise(statement: string | undefined, seconds: number): Promise<AdviceAnswer>;
  tables(): Promise<DatabaseSize>;
  indexes(): Promise<IndexesAnswer>;
  run(input: SqlInput, format: "json" | "csv"): Promise<string>;
}

export async function onQueries<T>(options: object, action: (queries: Queries) => Promise<T>): Promise<T> {
  const { database } = settingsOf({ ...options });
  assertDatabase(database);
  const server = await runningServer(database);
  return server === undefined ? onFile(database, action) : action(throughServer(server));
}

function throughServer(server: string): Queries {
  const ask = async (method: string, path: string, body?: unknown) =>
    JSON.parse(await request(server, method, path, body));
  return {
    explain: async (statement) =>
      isId(statement)
        ? (await ask("GET", `/admin/queries/${statement}`)).plan
        : ask("POST", "/admin/explain", { sql: statement }),
    advise: (statement, seconds) =>
      ask("POST", "/admin/advice", {
        seconds,
        ...(statement === undefined ? {} : isId(statement) ? { id: statement } : { sql: statement }),
      }),
    tables: () => ask("GET", "/admin/tables"),
    indexes: () => ask("GET", "/admin/indexes"),
    run: (input, format) =>
      request(server, "POST", "/admin/sql", input, format === "csv" ? "text/csv" : "application/json"),
  };
}

/** Statistics of statements exist only in a running server. */
async function onFile<T>(file: string, action: (queries: Queries) => Promise<T>): Promise<T> {
  const adviser = new Adviser(file);
  const sql = new SqlRunner({ file, walIsLong: () => false });
  const assertReads = (text: string) =>
    sql.run({ sql: `EXPLAIN QUERY PLAN ${text}`, params: {}, maxRows: 1, format: "json" });
  try {
    return await action({
      explain: async (statement) => {
        assertText(statement);
        await assertReads(statement);
        return (await adviser.plans([statement]))[0]!;
      },
      advise: async (statement, seconds) => {
        assertText(statement);
        await assertReads(statement);
        const statements = [{ sql: statement, params: {}, count: 1 }];
        const { proposals, ...rest } = await adviser.advise({ statements, budgetMs: seconds * 1_000 });
        const gain = { id: "", read: null, count: 1, sql: statement };
        const named = proposals.map(({ gains, ...proposal }) => ({
          ...proposal,
          gains: gains.map(({ without_ms, with_ms }) => ({ ...gain, without_ms, with_ms })),
        }));
        return { proposals: named, ...rest, statements: 1 };
      },
      tables: () => adviser.tables(),
      indexes: async () => ({ since: null, statements: 0, data: await adviser.indexes([]) }),
      run: async ({ limit, ...input }, format) => (await sql.run({ ...input, maxRows: limit, format })).body,
    });
  } finally {
    adviser.close();
    sql.close();
  }
}

/** @throws AppError `server_missing` for what only a running server knows. */
function assertText(statement: string | undefined): asserts statement is string {
  if (statement !== undefined && !isId(statement)) return;
  throw new AppError("server_missing", {
    detail: "only a running server knows which statements ran; give SQL",
  });
}
