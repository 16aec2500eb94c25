import type { Guard, NumberedStatement, Statement, Statements, Together, Work } from "./protocol.ts";

/**
 * Batches travel between threads as JSON text. A string is copied as it is; structured cloning walks an object, and
 * takes some four times as long as both conversions. A statement names its SQL and its guard by number, so that
 * each distinct one is written, read and hashed once per batch.
 */

/** The distinct values of one batch, numbered in order of first use. */
export class Numbers<T> {
  readonly #numbers = new Map<T, number>();

  number(value: T): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    this.#numbers.set(value, this.#numbers.size);
    return this.#numbers.size - 1;
  }

  get list(): readonly T[] {
    return [...this.#numbers.keys()];
  }
}

type NumberedCommand = readonly NumberedStatement[];
type NumberedTogether = Omit<Together, "together"> & { readonly together: readonly NumberedCommand[] };

interface WriteBatch {
  readonly sql: readonly string[];
  readonly guards: readonly Guard[];
  readonly commands: readonly (NumberedCommand | NumberedTogether)[];
}

export const isTogether = <T extends { readonly together: unknown }>(
  work: T | readonly unknown[],
): work is T => "together" in work;

export function encodeCommands(batch: readonly Work[]): string {
  const texts = new Numbers<string>();
  const guards = new Numbers<Guard>();
  const numbered = ({ sql, params, guard }: Statement): NumberedStatement =>
    guard === undefined ? [texts.number(sql), params] : [texts.number(sql), params, guards.number(guard)];
  const commands = batch.map((work) =>
    isTogether(work)
      ? { ...work, together: work.together.map((command) => command.map(numbered)) }
      : work.map(numbered),
  );
  return JSON.stringify({ sql: texts.list, guards: guards.list, commands } satisfies WriteBatch);
}

export function decodeCommands(text: string): Work[] {
  const { sql, guards, commands } = JSON.parse(text) as WriteBatch;
  const statement = ([text, params, guard]: NumberedStatement): Statement =>
    guard === undefined ? { sql: sql[text]!, params } : { sql: sql[text]!, params, guard: guards[guard]! };
  const command = (numbered: NumberedCommand): Statements => numbered.map(statement);
  return commands.map((work) =>
    isTogether(work) ? { ...work, together: work.together.map(command) } : command(work),
  );
}
