import fc from "fast-check";
import { expect, test } from "vitest";
import { TARGETS, World, WRITES } from "./coherence.world.ts";

/**
 * The promise: once a write has been answered, no later response shows the state before it. Random interleavings
 * of requests, commits, answers, snapshots and arrivals look for one that breaks it. Three changes of the code
 * that must make this fail, and do: filling the cache without asking whether a tag moved; joining a flight
 * without asking; leaving an entity's own kind out of what its flights ask for.
 */
type Step = (world: World, n: number) => void;

class Named implements fc.Command<object, World> {
  readonly #name: string;
  readonly #step: Step;
  static #count = 0;
  constructor(name: string, step: Step) {
    this.#name = name;
    this.#step = step;
  }
  check(): boolean {
    return true;
  }
  /** Continuations run before the next step, as they do between two turns of the event loop. */
  async run(_: object, world: World): Promise<void> {
    this.#step(world, ++Named.#count);
    await new Promise(setImmediate);
    expect(world.violations).toEqual([]);
  }
  toString(): string {
    return this.#name;
  }
}

const index = (of: readonly unknown[]) => fc.nat({ max: of.length - 1 });
const any = fc.nat({ max: 7 });
/** A few reads and writes a run, so that they meet. */
const few = <T>(of: readonly T[]) =>
  fc.subarray(
    of.map((_, i) => i),
    { minLength: 1, maxLength: 3 },
  );

const commandsOf = (targets: readonly number[], writes: readonly number[]) => [
  index(targets).map((i) => new Named(`request ${targets[i]}`, (world) => world.request(targets[i]!))),
  index(targets).map((i) => new Named(`request ${targets[i]}`, (world) => world.request(targets[i]!))),
  index(writes).map((i) => new Named(`commit ${writes[i]}`, (world, n) => world.commit(writes[i]!, n))),
  fc.constant(new Named("answer", (world) => world.answer())),
  any.map((which) => new Named(`look ${which}`, (world) => world.look(which))),
  any.map((which) => new Named(`land ${which}`, (world) => world.land(which))),
  fc.nat({ max: 400 }).map((seconds) => new Named(`wait ${seconds}`, (world) => world.wait(seconds))),
];

const scenario = fc.tuple(few(TARGETS), few(WRITES)).chain(([targets, writes]) =>
  fc.record({
    targets: fc.constant(targets),
    steps: fc.commands(commandsOf(targets, writes), { maxCommands: 60, size: "max" }),
    maxBytes: fc.constantFrom(1_000_000, 6_000),
  }),
);

test("once a write has been answered, no later response shows the state before it", async () => {
  let responses = 0;
  await fc.assert(
    fc.asyncProperty(scenario, async ({ targets, steps, maxBytes }) => {
      const world = new World(maxBytes, targets);
      await fc.asyncModelRun(() => ({ model: {}, real: world }), steps);
      await world.finish();
      expect(world.violations).toEqual([]);
      responses += world.responses;
    }),
    { numRuns: 1_000 },
  );
  expect(responses).toBeGreaterThan(2_000);
}, 120_000);
