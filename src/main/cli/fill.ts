import { AppError } from "../../shared/errors.ts";
import type { Chunk } from "../../shared/tables.ts";
import type { CatalogueSource } from "../writes/bulk.ts";
import type { Target } from "./database.ts";
import type { Progress } from "./output.ts";

/** Chunks on their way at once: enough to keep the writer busy, few enough to keep memory small. */
const IN_FLIGHT = 4;

export interface Filled {
  readonly rows: number;
  readonly tables: Readonly<Record<string, number>>;
  /** Whether another catalogue was deleted for it. */
  readonly replaced: boolean;
}

/**
 * Makes room for a catalogue from `source`: an empty database is taken, one from the same source is loaded over,
 * and the demo catalogue, which is only there to have something to look at, makes way.
 *
 * @throws AppError `import_refused` for anything else, unless it is to be replaced.
 */
export async function makeRoom(target: Target, source: CatalogueSource, replace: boolean): Promise<boolean> {
  const found = await target.source();
  if (found.empty) return false;
  const again = found.source === source && source === "imported";
  if (again && !replace) return false;
  if (!replace && found.source !== "demo") {
    throw new AppError("import_refused", { detail: `it holds ${describe(found.source)} catalogue` });
  }
  await target.clear();
  return true;
}

const describe = (source: CatalogueSource | null): string =>
  source === null ? "a hand-made" : source === "imported" ? "an imported" : "a generated";

/** Loads chunks in order of their tables, a few at a time within one. */
export async function fill(
  target: Target,
  chunks: Iterable<Chunk>,
  source: CatalogueSource,
  replace: boolean,
  progress: Progress,
): Promise<Filled> {
  const replaced = await makeRoom(target, source, replace);
  const tables: Record<string, number> = {};
  const flying = new Set<Promise<void>>();
  let table = "";
  for (const chunk of chunks) {
    if (chunk.table !== table || flying.size >= IN_FLIGHT) await Promise.all(flying);
    table = chunk.table;
    tables[table] = (tables[table] ?? 0) + chunk.rows.length;
    const load = target.load(chunk).then(() => {
      flying.delete(load);
      progress.advance(chunk.rows.length, chunk.table);
    });
    flying.add(load);
  }
  await Promise.all(flying);
  await target.setSource(source);
  await target.optimize();
  progress.done();
  return { rows: Object.values(tables).reduce((a, b) => a + b, 0), tables, replaced };
}
