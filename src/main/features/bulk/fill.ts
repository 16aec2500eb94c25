import { AppError } from "../../../shared/errors.ts";
import type { Chunk } from "../../../shared/tables.ts";
import type { Progress } from "../../cli/output.ts";
import type { CatalogueSource } from "./commands.ts";
import type { Target } from "./target.ts";

/** Chunks on their way at once: enough to keep the writer busy, few enough to keep memory small. */
const IN_FLIGHT = 4;

export interface Filled {
  readonly rows: number;
  /** Rows that are new or different. */
  readonly changed: number;
  readonly tables: Readonly<Record<string, number>>;
  /** Whether another catalogue was deleted for it. */
  readonly replaced: boolean;
}

type Room = "empty" | "again" | "cleared";

/**
 * Makes room for a catalogue from `source`: an empty database is taken, an imported one is imported over, and what
 * is only there to have something to look at (the demo) or was cut off half-way makes way.
 *
 * @throws AppError `import_refused` for anything else, unless it is to be replaced.
 */
async function makeRoom(target: Target, source: CatalogueSource, replace: boolean): Promise<Room> {
  const found = await target.source();
  if (found.empty) return "empty";
  if (found.source === "imported" && source === "imported" && !replace) return "again";
  if (!replace && found.source !== "demo" && found.source !== "loading") {
    throw new AppError("import_refused", {
      detail: `${target.name} holds ${describe(found.source)} catalogue`,
    });
  }
  await target.clear();
  return "cleared";
}

const describe = (source: CatalogueSource | null): string =>
  source === null ? "a hand-made" : source === "imported" ? "an imported" : "a generated";

/** Loads a catalogue and notes where it came from; until then it counts as half loaded. */
export async function fill(
  target: Target,
  chunks: Iterable<Chunk>,
  source: CatalogueSource,
  replace: boolean,
  progress: Progress,
): Promise<Filled> {
  const room = await makeRoom(target, source, replace);
  if (room !== "again") await target.setSource("loading");
  const { tables, changed } = await loadAll(target, chunks, progress);
  await target.setSource(source);
  await target.settle();
  progress.done();
  const rows = Object.values(tables).reduce((a, b) => a + b, 0);
  return { rows, changed, tables, replaced: room === "cleared" };
}

/** In order of the tables, a few chunks at a time within one. */
async function loadAll(target: Target, chunks: Iterable<Chunk>, progress: Progress) {
  const tables: Record<string, number> = {};
  const flying = new Set<Promise<void>>();
  let changed = 0;
  let table = "";
  for (const chunk of chunks) {
    if (chunk.table !== table || flying.size >= IN_FLIGHT) await Promise.all(flying);
    table = chunk.table;
    tables[table] = (tables[table] ?? 0) + chunk.rows.length;
    const load = target.load(chunk).then((rows) => {
      changed += rows;
      flying.delete(load);
      progress.advance(chunk.rows.length, chunk.table);
    });
    flying.add(load);
  }
  await Promise.all(flying);
  return { tables, changed };
}
