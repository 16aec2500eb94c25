import type { Param, Statement, Together } from "../../../shared/protocol.ts";
import { namesIn, replaceNames } from "./sql-text.ts";

interface Group {
  readonly writer: string;
  readonly batch: number;
  readonly command: number;
}

/**
 * Puts ids that earlier commands of a group make in the place of the numbers that stand for them, in SQL: nobody looks
 * between two statements of one log entry. The id is read from the answer that the earlier command left.
 */
export function standInsInSql(
  standIns: Together["standIns"],
  group: Group,
): (statement: Statement) => Statement {
  if (standIns.length === 0) return (statement) => statement;
  return (statement) => {
    const { sql, params } = statement;
    const meant = namesIn(sql).filter((name) => standIns.some(([standIn]) => names(params[name]!, standIn)));
    if (meant.length === 0) return statement;
    const replaced = replaceNames(sql, (name) =>
      meant.includes(name) ? expressionOf(name, params[name]!, standIns) : undefined,
    );
    const { writer, batch, command } = group;
    return {
      ...statement,
      sql: replaced,
      params: { ...params, of_writer: writer, of_batch: batch, of_command: command },
    };
  };
}

const names = (value: Param, standIn: number): boolean =>
  typeof value === "number"
    ? value === standIn
    : typeof value === "string" && value.includes(String(standIn));

function expressionOf(name: string, value: Param, standIns: Together["standIns"]): string {
  const meant = standIns.filter(([standIn]) => names(value, standIn));
  if (typeof value === "number") return idOf(meant[0]!, `@${name}`);
  return meant.reduce(
    (text, each) => `replace(${text}, '${each[0]}', ${idOf(each, `'${each[0]}'`)})`,
    `@${name}`,
  );
}

/** An answer without an id stands for none: the number stays. */
const idOf = ([, part]: Together["standIns"][number], otherwise: string): string =>
  `coalesce((SELECT body ->> '$.id' FROM cluster_applied WHERE writer = @of_writer AND batch = @of_batch
    AND command = @of_command AND part = ${part}), ${otherwise})`;
