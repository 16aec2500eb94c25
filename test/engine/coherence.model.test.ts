import fc from "fast-check";
import { expect, test } from "vitest";
import { WRITES } from "./coherence.inputs.ts";
import { changes, TARGETS, World } from "./coherence.world.ts";

/**
 * The promise: once a write has been answered, no later response shows the state before it. Random interleavings
 * of requests, commits, answers, snapshots and arrivals look for one that breaks it, and each command that changes
 * what a read shows is tried against it. Changes of the code that must make this fail, and do: filling the cache
 * without asking whether a tag moved; joining a flight without asking; leaving the kinds of a read's tags out of what
 * its flights ask for; finding entries whose tags were touched.
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

/** What changes what is worked out once: it takes seconds. */
const CHANGES = changes();
const CHANGEABLE = TARGETS.map((_, target) => target).filter((target) => CHANGES.get(target)!.size > 0);

/** The writes that change what one of the targets shows. */
const writesFor = (targets: readonly number[]) => [
  ...new Set(targets.flatMap((target) => [...CHANGES.get(target)!.keys()])),
];
const few = (of: readonly number[]) =>
  fc.subarray([...of], { minLength: 1, maxLength: Math.min(3, of.length) });

/** A few reads a run, and writes that matter to them, so that they meet. */
const targetsAndWrites = few(CHANGEABLE).chain((targets) =>
  fc.tuple(fc.constant(targets), few(writesFor(targets))),
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

const scenario = targetsAndWrites.chain(([targets, writes]) =>
  fc.record({
    targets: fc.constant(targets),
    steps: fc.commands(commandsOf(targets, writes), { maxCommands: 60, size: "max" }),
    maxBytes: fc.constantFrom(1_000_000, 6_000),
  }),
);

const nameOf = (target: number) => `${TARGETS[target]![0].name} ${JSON.stringify(TARGETS[target]![1])}`;

test("every cached, coherent read is changed by some command of the model", () => {
  const cached = TARGETS.map((_, target) => target).filter(
    (target) => TARGETS[target]![0].cache.table !== "none",
  );
  const changed = new Set(CHANGEABLE.map((target) => TARGETS[target]![0].name));
  const missing = [...new Set(cached.map((target) => TARGETS[target]![0].name))].filter(
    (name) => !changed.has(name),
  );
  expect(missing, "nothing changes these: add an input that does to test/engine/coherence.inputs.ts").toEqual(
    [],
  );
});

/** The three ways in which an old answer could come after a write: what happens, with a turn of the loop after each. */
const WAYS = {
  "from the cache": ["request", "look", "land", "write", "request"],
  "by a fill that comes late": ["request", "look", "write", "land", "request"],
  "from a flight that began before": ["request", "look", "write", "request"],
} as const;

test.each(Object.entries(WAYS))(
  "no read shows the state before any command that changes it, %s",
  async (_, steps) => {
    for (const target of CHANGEABLE)
      for (const [write, n] of CHANGES.get(target)!) {
        const world = new World(1_000_000, [target]);
        const acts = {
          request: () => world.request(target),
          look: () => world.look(0),
          land: () => world.land(0),
          write: () => {
            world.commit(write, n);
            world.answer();
          },
        };
        for (const step of steps) {
          acts[step]();
          await new Promise(setImmediate);
        }
        await world.finish();
        expect(world.violations, `${nameOf(target)} after ${WRITES[write]![0].name}`).toEqual([]);
      }
  },
  600_000,
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
    { numRuns: 300 },
  );
  expect(responses).toBeGreaterThan(600);
}, 600_000);
