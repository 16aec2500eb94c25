import { removeDatabase } from "../../../shared/database/replacement.ts";
import { openForReading } from "../../../shared/database/sqlite.ts";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import type { Chunk } from "../../../shared/tables.ts";
import { request, runningServer } from "../../cli/database.ts";
import { type Progress, progress } from "../../cli/output.ts";
import { backups } from "../backups/feature.ts";
import type { Report } from "../jobs/feature.ts";
import type { CatalogueSource } from "./commands.ts";
import { type Filled, fill } from "./fill.ts";
import { FINGERPRINT_SQL } from "./source.ts";
import { discardStaged, stage } from "./stage.ts";
import { type Found, type Target, withTarget } from "./target.ts";

export interface Catalogue {
  readonly source: CatalogueSource;
  /** Approximate number of rows. */
  readonly rows: number;
  readonly chunks: () => Iterable<Chunk>;
}

export interface Replaced extends Filled {
  /** Whether there was another catalogue. */
  readonly replaced: boolean;
  /** The backup of the previous catalogue; null if it held no user data. */
  readonly backup: string | null;
  /** Path of the previous database, with writes after the backup; null if there were none. */
  readonly kept: string | null;
}

/**
 * Replaces the catalogue atomically: until then the previous one is served, and data outside the catalogue is
 * kept. If interrupted, the old or the new catalogue is there as a whole.
 *
 * User data is backed up before anything is loaded; later writes to it stay in a file beside the database.
 * The caller must hold the right to load.
 *
 * @throws AppError `import_refused` if another catalogue may not be replaced, or if a replicator follows the
 *   file; the errors of a backup, after which nothing is changed.
 */
export async function replaceCatalogue(
  settings: Settings,
  found: Found,
  catalogue: Catalogue,
  replace: boolean,
): Promise<Replaced> {
  const precious = !found.empty && found.changed;
  if (precious && !replace) throw refused(settings.database, found.source);
  const replaceable = await withTarget(settings, (target) => target.begin());
  if (!replaceable) return inPlace(settings, found, catalogue);
  const before = precious ? fingerprint(settings.database) : null;
  const backup = precious ? await backups.backupFirst(settings) : null;
  try {
    const { chunks, rows, source } = catalogue;
    const filled = await stage(settings, chunks(), source, told(settings, rows));
    const kept = await withTarget(settings, (target) => target.adopt());
    const same = before === null || fingerprint(kept) === before;
    if (same) removeDatabase(kept);
    return { ...filled, replaced: !found.empty, backup, kept: same ? null : kept };
  } finally {
    discardStaged(settings.database);
  }
}

/** Milliseconds between two progress reports to the server. */
const REPORT_MS = 1_000;

/** Progress on the terminal, and at the server if one runs. */
function told(settings: Settings, total: number): Progress {
  const bar = progress(total);
  let [done, last] = [0, 0];
  return {
    advance: (rows, phase) => {
      bar.advance(rows, phase);
      done += rows;
      if (performance.now() - last < REPORT_MS) return;
      last = performance.now();
      const report = { phase, done, total: Math.max(total, done) };
      // A report is not awaited, and its failure does not fail the load.
      tellServer(settings, report).catch(() => {});
    },
    done: () => bar.done(),
  };
}

/** Does nothing without a server. The database is not opened for a report, since it may be about to be replaced. */
async function tellServer({ database }: Settings, report: Report): Promise<void> {
  const server = await runningServer(database);
  if (server !== undefined) await request(server, "POST", "/admin/bulk/progress", report);
}

/**
 * Loads into the file itself, if a replicator follows it: only into an empty one, since this can be
 * interrupted midway.
 */
async function inPlace(settings: Settings, found: Found, catalogue: Catalogue): Promise<Replaced> {
  if (!found.empty) {
    throw new AppError("import_refused", {
      detail: `a replicator follows ${settings.database} (CHINOOK_CHECKPOINTS=external): stop it and the server, then load without that setting`,
    });
  }
  const { chunks, rows, source } = catalogue;
  const filled = await withTarget(settings, (target: Target) =>
    fill(target, chunks(), source, progress(rows)),
  );
  return { ...filled, replaced: false, backup: null, kept: null };
}

/** Of a database file. */
function fingerprint(file: string): string {
  const db = openForReading(file);
  try {
    return db.prepare<[], string>(`SELECT ${FINGERPRINT_SQL}`).pluck().get()!;
  } finally {
    db.close();
  }
}

const refused = (database: string, source: CatalogueSource | null): AppError =>
  new AppError("import_refused", { detail: `${database} holds ${describe(source)}` });

const describe = (source: CatalogueSource | null): string =>
  ({
    none: "a hand-made catalogue",
    demo: "the demo with changes",
    loading: "a partly loaded catalogue",
    imported: "an imported catalogue",
    generated: "a generated catalogue",
  })[source ?? "none"];
