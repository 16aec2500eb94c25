import Database from "better-sqlite3";
import type { Advice, AdviserJob, AdviserJobs, AdviserRequest } from "../shared/advice.ts";
import { type Connection, loadVectors } from "../shared/database/sqlite.ts";
import { serveRequests } from "../shared/helper.ts";
import { planOf } from "./advice/plans.ts";
import { databaseSize, indexFacts } from "./advice/sizes.ts";
import { Tables } from "./advice/tables.ts";
import { Trial } from "./advice/trial.ts";
import { addFunctions, openForReads } from "./connection.ts";

/**
 * A process that analyses the database for operators: plans, sizes, indexes, and index advice. It is a
 * process because some of this takes long and can't be interrupted from within.
 */

/** KiB of page cache in a trial: large, so that statements are compared and not disk reads. */
const TRIAL_CACHE_KIB = 131_072;

function reading<T>(file: string, action: (db: Connection) => T): T {
  const db = openForReads(file, () => {});
  try {
    return action(db);
  } finally {
    db.close();
  }
}

function trial({ file, statements, budgetMs }: AdviserJobs["advise"]["request"]): Advice {
  const db = new Database(file, { fileMustExist: true });
  const clock = { ends: Number.POSITIVE_INFINITY };
  try {
    loadVectors(db);
    addFunctions(db, () => {
      if (performance.now() > clock.ends) throw new Error("past its deadline");
    });
    db.pragma("journal_mode = MEMORY");
    db.pragma("synchronous = OFF");
    db.pragma("temp_store = MEMORY");
    db.pragma(`cache_size = -${TRIAL_CACHE_KIB}`);
    return new Trial(db, clock, budgetMs).run(statements);
  } finally {
    db.close();
  }
}

async function copy({ file, to }: AdviserJobs["copy"]["request"]): Promise<null> {
  const db = openForReads(file, () => {});
  try {
    await db.backup(to);
    return null;
  } finally {
    db.close();
  }
}

type Job<J extends AdviserJob> = (
  request: AdviserJobs[J]["request"],
) => AdviserJobs[J]["reply"] | Promise<AdviserJobs[J]["reply"]>;

const JOBS: { readonly [J in AdviserJob]: Job<J> } = {
  plans: ({ file, statements }) =>
    reading(file, (db) => {
      const tables = new Tables(db);
      return statements.map((sql) => planOf(db, tables, sql));
    }),
  tables: ({ file }) => reading(file, databaseSize),
  indexes: ({ file, statements }) => reading(file, (db) => indexFacts(db, statements)),
  advise: trial,
  copy,
};

serveRequests(({ job, request }: AdviserRequest) => (JOBS[job] as (request: unknown) => unknown)(request));
