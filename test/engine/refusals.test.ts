import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnyCommand } from "../../src/main/engine/commands/command.ts";
import { COMMANDS } from "../../src/main/features/index.ts";
import type { Call } from "./refusals.calls.ts";
import { anyCall, INPUTS } from "./refusals.inputs.ts";
import { dump, World } from "./refusals.world.ts";

/** Refused means nothing was written, for every command there is. */

const WHERE = "test/engine/refusals.inputs.ts";

test.each(COMMANDS)("$name has inputs in the refusal test", ({ name }) => {
  expect(Object.keys(INPUTS), `add to INPUTS in ${WHERE} what ${name} is called with`).toContain(name);
});

/** Up to three calls share a commit. */
const batches = fc.array(fc.array(anyCall, { minLength: 1, maxLength: 3 }), { maxLength: 40, size: "max" });

test("every refused command leaves all tables and cached answers unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(batches, async (batches) => {
      const world = new World();
      for (const batch of batches) await expectJust(world, batch);
      world.close();
    }),
    { numRuns: 8 },
  );
}, 300_000);

/** The twin has what was accepted and nothing else; it judges by SQL alone. */
async function expectJust(world: World, batch: readonly Call[]): Promise<void> {
  await world.warm();
  const before = dump(world.db);
  const fates = await world.commit(batch);
  const after = dump(world.db);
  if (fates.every((fate) => fate !== undefined)) expect(after).toEqual(before);
  expect(after).toEqual(dump(world.twin.db));
  expect(world.lies).toEqual([]);
  expect(world.disagreements).toEqual([]);
}

test.each(COMMANDS)("each guard of $name refuses at least one input", async (command) => {
  const calls = fc
    .sample(INPUTS[command.name]!, { numRuns: 300, seed: 1 })
    .map((call) => ({ name: command.name, ...call }));
  const fates = await fatesOf(calls);
  for (const code of [...codesOf(command, calls), "accepted"]) {
    expect(fates, `add to INPUTS in ${WHERE} what makes ${command.name} answer ${code}`).toContain(code);
  }
});

/** The codes of the guards that the calls meet. */
function codesOf(command: AnyCommand, calls: readonly Call[]): Set<string> {
  const context = { now: "2026-11-21T00:00:00.000Z", ifMatch: null, ifNoneMatch: null, uuid: () => "" };
  const statements = calls.flatMap(({ input, seen }) =>
    command.statements(seen === undefined ? input : { ...(input as object), seen }, context),
  );
  return new Set(statements.flatMap(({ guard }) => (guard === undefined ? [] : [guard.otherwise.code])));
}

/** Each alone; some of them in one world, so that they meet what others left. */
async function fatesOf(calls: readonly Call[]): Promise<Set<string>> {
  const fates = new Set<string>();
  const left = [...calls];
  while (left.length > 0) {
    const world = new World();
    for (const call of left.splice(0, 10)) {
      const [fate] = await world.commit([call]);
      fates.add(fate?.code ?? "accepted");
    }
    world.close();
  }
  return fates;
}
