import type { Param, Statement, Statements } from "./protocol.ts";

/**
 * Batches travel between threads as JSON text: a string is copied as it is, while cloning an object walks it, and
 * takes some four times as long as both conversions. A statement names its SQL by number, so that each text is
 * written, read and hashed once, however many statements share it.
 */
export type NumberedStatement = readonly [sql: number, params: Readonly<Record<string, Param>>];

/** The SQL texts of one batch, numbered as they come. */
export class SqlTexts {
  readonly #numbers = new Map<string, number>();

  number(sql: string): number {
    const known = this.#numbers.get(sql);
    if (known !== undefined) return known;
    this.#numbers.set(sql, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get list(): readonly string[] {
    return [...this.#numbers.keys()];
  }
}

interface WriteBatch {
  readonly sql: readonly string[];
  readonly commands: readonly (readonly NumberedStatement[])[];
}

export function encodeCommands(batch: readonly Statements[]): string {
  const texts = new SqlTexts();
  const numbered = ({ sql, params }: Statement): NumberedStatement => [texts.number(sql), params];
  const commands = batch.map((command) => command.map(numbered));
  return JSON.stringify({ sql: texts.list, commands } satisfies WriteBatch);
}

export function decodeCommands(text: string): Statements[] {
  const { sql, commands } = JSON.parse(text) as WriteBatch;
  return commands.map((command) => command.map(([number, params]) => ({ sql: sql[number]!, params })));
}
