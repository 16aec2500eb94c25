import { hash } from "node:crypto";
import { quantile } from "../../../shared/durations.ts";
import type { StatementCosts } from "../../../shared/protocol.ts";
import type { Engine } from "../../engine/engine.ts";

/** Length of the text's hash: unique enough for a thousand texts, short enough to type. */
const ID_LENGTH = 8;

/** A statement that the server has run, as shown to operators: without its values. */
export interface StatementFigures {
  readonly id: string;
  /** The read that it belongs to, or null for a statement of commands. */
  readonly read: string | null;
  readonly sql: string;
  readonly count: number;
  readonly failures: number;
  readonly total_ms: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly rows: number;
  readonly changes: number;
  readonly characters: number;
}

export interface KnownStatement {
  readonly costs: StatementCosts;
  readonly figures: StatementFigures;
}

export const SORTS = ["total", "p99", "max", "count"] as const;
export type Sort = (typeof SORTS)[number];

/** All statements of reads and commands that the statistics hold. */
export async function statementsOf({ reads, storage }: Engine): Promise<KnownStatement[]> {
  const all = [...reads.statements, ...(await storage.statements())];
  return all
    .filter(({ durations, failures }) => durations.count + failures > 0)
    .map((costs) => ({ costs, figures: figuresOf(costs) }));
}

export const idOf = (sql: string): string => hash("sha1", sql, "hex").slice(0, ID_LENGTH);

/** Rounds to microseconds. */
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

function figuresOf({
  sql,
  read,
  durations,
  failures,
  rows,
  changes,
  characters,
}: StatementCosts): StatementFigures {
  const at = (share: number) => rounded(quantile(durations, share));
  return {
    ...{ id: idOf(sql), read, sql: squeezed(sql), count: durations.count, failures },
    ...{ total_ms: rounded(durations.totalMs), p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) },
    ...{ max_ms: rounded(durations.maxMs), rows, changes, characters },
  };
}

/** On one line. No statement of the server has consecutive blanks within a string. */
const squeezed = (sql: string): string => sql.replaceAll(/\s+/g, " ").trim();

const BY: Readonly<Record<Sort, (figures: StatementFigures) => number>> = {
  total: ({ total_ms }) => total_ms,
  p99: ({ p99_ms }) => p99_ms,
  max: ({ max_ms }) => max_ms,
  count: ({ count }) => count,
};

/** Highest first. */
export const sorted = (statements: readonly KnownStatement[], by: Sort): KnownStatement[] =>
  statements.toSorted((a, b) => BY[by](b.figures) - BY[by](a.figures));

/** Whether it has the form of a statement's id, which no SQL has. */
export const isId = (text: string): boolean => /^[0-9a-f]{8}$/.test(text);
