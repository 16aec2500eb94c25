import type { Param, Statements, Together } from "../shared/protocol.ts";

/** Puts ids that earlier commands have made in the place of the numbers that stand for them. */
export class StandIns {
  readonly #unknown: Together["standIns"];
  readonly #ids = new Map<number, number>();

  constructor(standIns: Together["standIns"]) {
    this.#unknown = standIns;
  }

  /** @param body the command's answer, as JSON text. One without an id stands for none: its stand-ins stay. */
  answered(command: number, body: Param | undefined): void {
    for (const [standIn, of] of this.#unknown) {
      if (of !== command || typeof body !== "string") continue;
      const { id } = JSON.parse(body) as { id?: unknown };
      if (typeof id === "number") this.#ids.set(standIn, id);
    }
  }

  resolve(command: Statements): Statements {
    if (this.#ids.size === 0) return command;
    return command.map((statement) => ({
      ...statement,
      params: Object.fromEntries(
        Object.entries(statement.params).map(([name, value]) => [name, this.#resolved(value)]),
      ),
    }));
  }

  #resolved(value: Param): Param {
    if (typeof value === "number") return this.#ids.get(value) ?? value;
    if (typeof value !== "string") return value;
    let text = value;
    for (const [standIn, id] of this.#ids) text = text.replaceAll(String(standIn), String(id));
    return text;
  }
}
