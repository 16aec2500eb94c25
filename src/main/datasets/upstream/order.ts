import { BULK_COLUMNS, type Value } from "../../../shared/tables.ts";

type Row = readonly Value[];

const ID = BULK_COLUMNS.employees.indexOf("id");
const REPORTS_TO = BULK_COLUMNS.employees.indexOf("reports_to");

/**
 * Sorts employees so that managers come first, otherwise in the given order: a load checks foreign keys row by row.
 * A missing manager is left for the load to refuse. A cycle of managers has no order and is refused here.
 */
export function parentsFirst(rows: readonly Row[]): Row[] {
  const sorted: Row[] = [];
  let waiting = rows;
  while (waiting.length > 0) {
    const ids = new Set(waiting.map((row) => row[ID]));
    const isReady = (row: Row): boolean => !ids.has(row[REPORTS_TO]!) || selfManaged(row);
    const ready = waiting.filter(isReady);
    if (ready.length === 0) throw circle([...ids]);
    sorted.push(...ready);
    waiting = waiting.filter((row) => !isReady(row));
  }
  return sorted;
}

const selfManaged = (row: Row): boolean => row[REPORTS_TO] === row[ID];

const circle = (ids: readonly unknown[]): Error =>
  new Error(
    `expected managers before those who report to them, found employees ${ids.join(", ")} in a circle`,
  );
