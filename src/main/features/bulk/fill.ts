import type { Chunk } from "../../../shared/tables.ts";
import type { Progress } from "../../cli/output.ts";
import { patiently } from "../../engine/commands/patiently.ts";
import type { CatalogueSource } from "./commands.ts";
import type { Target } from "./target.ts";

/** Chunks in flight: enough to keep the writer busy, few enough to keep memory small. */
const IN_FLIGHT = 4;

export interface Filled {
  readonly rows: number;
  /** Rows that are new or changed. */
  readonly changed: number;
  readonly tables: Readonly<Record<string, number>>;
}

/**
 * Loads a catalogue into an empty database and records its source. Until then the catalogue counts as half loaded.
 */
export async function fill(
  target: Target,
  chunks: Iterable<Chunk>,
  source: CatalogueSource,
  progress: Progress,
): Promise<Filled> {
  await patiently(() => target.setSource("loading"));
  const { tables, changed } = await loadAll(target, chunks, progress);
  await patiently(() => target.setSource(source));
  return finish(target, tables, changed, progress);
}

/** Merges a catalogue into an existing one: existing rows are updated if they differ; nothing is deleted. */
export async function merge(target: Target, chunks: Iterable<Chunk>, progress: Progress): Promise<Filled> {
  const { tables, changed } = await loadAll(target, chunks, progress);
  return finish(target, tables, changed, progress);
}

async function finish(
  target: Target,
  tables: Filled["tables"],
  changed: number,
  progress: Progress,
): Promise<Filled> {
  await target.settle();
  progress.done();
  const rows = Object.values(tables).reduce((a, b) => a + b, 0);
  return { rows, changed, tables };
}

/** In order of the tables, with a few chunks of one table in flight. */
async function loadAll(target: Target, chunks: Iterable<Chunk>, progress: Progress) {
  const tables: Record<string, number> = {};
  const flying = new Set<Promise<void>>();
  let changed = 0;
  let table = "";
  for (const chunk of chunks) {
    if (chunk.table !== table || flying.size >= IN_FLIGHT) await Promise.all(flying);
    table = chunk.table;
    tables[table] = (tables[table] ?? 0) + chunk.rows.length;
    const load = patiently(() => target.load(chunk)).then((rows) => {
      changed += rows;
      flying.delete(load);
      progress.advance(chunk.rows.length, chunk.table);
    });
    flying.add(load);
  }
  await Promise.all(flying);
  return { tables, changed };
}
