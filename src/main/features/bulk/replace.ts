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
  /** About how many rows there will be. */
  readonly rows: number;
  readonly chunks: () => Iterable<Chunk>;
}

export interface Replaced extends Filled {
  /** Whether there was another catalogue. */
  readonly replaced: boolean;
  /** The backup of what was there; null when nothing of it was anybody's own. */
  readonly backup: string | null;
  /** Where the database of before is, with what was written after the backup; null when nothing was. */
  readonly kept: string | null;
}

/**
 * Puts a catalogue in the place of the one there is, in one step: until then that one is served as it was, and what
 * is not of the catalogue stays. Ended at any moment it leaves the whole old one or the whole new one.
 *
 * What was somebody's own is in a backup before anything is loaded, and what was written to it since stays beside
 * the database. The caller has the right to load.
 *
 * @throws AppError `import_refused` when there is another catalogue that is not to be replaced, or when a replicator
 * follows the file; as a backup does, and then nothing was touched.
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

/** Milliseconds between two reports of a load to the server that it is for. */
const REPORT_MS = 1_000;

/** Progress on the terminal, and at the server, where there is one. */
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
      // Nobody waits for a report, and a load does not fail for one.
      tellServer(settings, report).catch(() => {});
    },
    done: () => bar.done(),
  };
}

/** Without a server nobody is told: the database is not opened for that, it may be about to be replaced. */
async function tellServer({ database }: Settings, report: Report): Promise<void> {
  const server = await runningServer(database);
  if (server !== undefined) await request(server, "POST", "/admin/bulk/progress", report);
}

/** Into the file itself, since a replicator follows it: into an empty one only, for this way can be cut off. */
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

/** Of a database as it is on the disk. */
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
    demo: "the demo with changes of your own",
    loading: "a catalogue that is loaded in part",
    imported: "an imported catalogue",
    generated: "a generated catalogue",
  })[source ?? "none"];
