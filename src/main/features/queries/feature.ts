import { feature } from "../feature.ts";
import { Adviser } from "./adviser.ts";
import { queryCommands } from "./command-line.ts";
import { queryRoutes } from "./routes.ts";
import { sqlRoutes } from "./sql-routes.ts";
import { SqlRunner } from "./sql-runner.ts";
import { statementsOf } from "./statements.ts";
import { assertVacuum, vacuum } from "./vacuum.ts";

const MEBIBYTE = 1_048_576;
/** Characters of an operator's SQL in the log. */
const MAX_LOGGED = 2_000;

const value = feature({
  name: "queries",
  reads: [],
  commands: [],
  open({ engine, settings }) {
    const { storage, log } = engine;
    const adviser = new Adviser(settings.database);
    const longWal = (settings.walLimitMb * MEBIBYTE) / 2;
    const sql = new SqlRunner({ file: settings.database, walIsLong: () => storage.wal.bytes > longWal });
    const since = new Date().toISOString();
    // With a replicator, checkpoints are left to it: then a reader's snapshot is copied.
    const copy = settings.checkpoints === "managed" ? (to: string) => storage.copy(to) : undefined;
    const texts = async () => (await statementsOf(engine)).map(({ costs }) => costs.sql);
    const plan = async (text: string) => (await adviser.plans([text]))[0]!;
    const explain = async (text: string) => {
      await sql.run({ sql: `EXPLAIN QUERY PLAN ${text}`, params: {}, maxRows: 1, format: "json" });
      return plan(text);
    };
    return {
      routes: [
        ...queryRoutes({
          since,
          explain,
          statements: () => statementsOf(engine),
          plans: (statements) => adviser.plans(statements),
          advise: (statements, seconds) => adviser.advise({ statements, budgetMs: seconds * 1_000 }, copy),
          tables: () => adviser.tables(),
          indexes: async () => {
            const statements = await texts();
            return { since, statements: statements.length, data: await adviser.indexes(statements) };
          },
        }),
        ...sqlRoutes(sql, ({ principal, requestId }, text) =>
          log.info(
            { request_id: requestId, principal: principal.id, sql: text.slice(0, MAX_LOGGED) },
            "SQL of an operator",
          ),
        ),
      ],
      close: () => {
        adviser.close();
        sql.close();
      },
    };
  },
  commandLine: queryCommands,
});

/** Costs of statements, index advice, and SQL for operators. */
export const queries = Object.freeze({ ...value, assertVacuum, vacuum });
