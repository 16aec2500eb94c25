import { BULK_COLUMNS, type Value } from "../../../shared/tables.ts";

type Row = readonly Value[];

const ID = BULK_COLUMNS.employees.indexOf("id");
const REPORTS_TO = BULK_COLUMNS.employees.indexOf("reports_to");

/**
 * Employees with every manager before those who report to them, otherwise in the order given: a load checks
 * foreign keys row by row. A manager who is not in the table is left for the load to refuse; people who
 * report to one another in a circle can be loaded in no order, and are refused here.
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
