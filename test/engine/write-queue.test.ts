import { EventEmitter, once } from "node:events";
import PQueue from "p-queue";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import {
  type BatchExecutor,
  WriteQueue,
  type WriteQueueOptions,
} from "../../src/main/engine/commands/write-queue.ts";
import { AppError } from "../../src/shared/errors.ts";
import type { BatchReport, Statements } from "../../src/shared/protocol.ts";
import { codeOf, sql } from "./support.ts";

/** An executor that the test controls: it records the batches it is sent and answers on demand. */
class Held extends EventEmitter implements BatchExecutor {
  readonly sent: string[][] = [];
  readonly #flights: PromiseWithResolvers<BatchReport>[] = [];

  batch(commands: readonly Statements[]): Promise<BatchReport> {
    const flight = Promise.withResolvers<BatchReport>();
    this.sent.push(commands.map(([first]) => first!.sql));
    this.#flights.push(flight);
    this.emit("sent");
    return flight.promise;
  }

  answer(): void {
    const index = this.sent.length - this.#flights.length;
    this.#flights.shift()!.resolve(reportOf(this.sent[index]!));
  }

  fail(error: unknown): void {
    this.#flights.shift()!.reject(error);
  }
}

/** Each command's outcome names the command. */
const reportOf = (names: readonly string[]): BatchReport => ({
  outcomes: names.map((name) => ({ rows: [[name]], changes: 1, ms: 0 })),
  commitMs: 0,
  wal: { frames: 0, checkpointed: 0, bytes: 0 },
});

const DEADLINE = 1_000;

/** @param slots as the write side's queue of jobs, unless the test needs the writer to be taken by one batch. */
function bench(options: Partial<WriteQueueOptions> = {}, slots = 1) {
  const executor = new Held();
  const jobs = new PQueue({ concurrency: slots });
  const sizes: number[] = [];
  const queue = new WriteQueue(executor, jobs, {
    maxWaiting: 3,
    maxWaitingBytes: 1_000,
    maxWaitMs: 60_000,
    maxBatch: 3,
    maxBatchBytes: 1_000,
    deadlineMs: DEADLINE,
    onBatch: (size) => sizes.push(size),
    ...options,
  });
  const submit = (name: string) => queue.submit([sql(name)]);
  return { executor, jobs, queue, sizes, submit };
}

const nameOf = async (outcome: ReturnType<WriteQueue["submit"]>) => (await outcome).rows[0]![0];
const sent = async (executor: Held, count: number) => {
  while (executor.sent.length < count) await once(executor, "sent");
};

/** A queue whose writer is busy with the command `first`. */
async function busy(options: Partial<WriteQueueOptions> = {}) {
  const made = bench(options);
  const first = made.submit("first");
  await sent(made.executor, 1);
  return { ...made, first };
}

function stopTheClock(): (ms: number) => void {
  vi.useFakeTimers({ toFake: ["performance", "setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  return (ms) => void vi.advanceTimersByTime(ms);
}

describe("submitting to an idle queue", () => {
  test("sends the command alone and returns its outcome", async () => {
    const { executor, submit } = bench();
    const outcome = submit("a");
    await sent(executor, 1);
    expect(executor.sent).toEqual([["a"]]);
    executor.answer();
    expect(await nameOf(outcome)).toBe("a");
  });

  test("batches the commands of one turn of the event loop, in order", async () => {
    const { executor, submit, sizes } = bench();
    const outcomes = ["a", "b", "c"].map(submit);
    await sent(executor, 1);
    executor.answer();
    expect(await Promise.all(outcomes.map(nameOf))).toEqual(["a", "b", "c"]);
    expect(executor.sent).toEqual([["a", "b", "c"]]);
    expect(sizes).toEqual([3]);
  });
});

describe("submitting while a batch is in flight", () => {
  test("waits; all waiting commands form the next batch", async () => {
    const { executor, submit, queue } = await busy();
    submit("a");
    await new Promise(setImmediate);
    submit("b");
    expect(queue.length).toBe(2);
    executor.answer();
    await sent(executor, 2);
    expect(executor.sent).toEqual([["first"], ["a", "b"]]);
    expect(queue.length).toBe(0);
  });

  test("fills batches up to their maximum length, in order", async () => {
    const { executor, submit } = await busy({ maxWaiting: 10 });
    const outcomes = ["a", "b", "c", "d", "e"].map(submit);
    for (const batch of [2, 3]) {
      executor.answer();
      await sent(executor, batch);
    }
    executor.answer();
    expect(await Promise.all(outcomes.map(nameOf))).toEqual(["a", "b", "c", "d", "e"]);
    expect(executor.sent).toEqual([["first"], ["a", "b", "c"], ["d", "e"]]);
  });

  test("fills batches up to their maximum bytes, with at least one command", async () => {
    const { executor, submit } = await busy({ maxWaiting: 10, maxBatchBytes: 2 });
    for (const name of ["a", "b", "a command that alone is larger than that".repeat(3), "c", "d"])
      submit(name);
    for (const batch of [2, 3, 4]) {
      executor.answer();
      await sent(executor, batch);
    }
    expect(executor.sent.map(({ length }) => length)).toEqual([1, 2, 1, 2]);
  });

  test("sends a second batch ahead if two may be in flight, still in order", async () => {
    const { executor, submit } = bench({}, 2);
    const outcomes = [submit("a")];
    await sent(executor, 1);
    outcomes.push(submit("b"));
    await sent(executor, 2);
    outcomes.push(submit("c"));
    executor.answer();
    executor.answer();
    await sent(executor, 3);
    executor.answer();
    expect(await Promise.all(outcomes.map(nameOf))).toEqual(["a", "b", "c"]);
  });
});

describe("submitting to a full queue", () => {
  test("is refused at once and does not affect waiting commands", async () => {
    const { executor, submit, queue } = await busy();
    const waiting = ["a", "b", "c"].map(submit);
    expect(await codeOf(submit("d"))).toBe("overloaded");
    expect(queue.length).toBe(3);
    executor.answer();
    await sent(executor, 2);
    executor.answer();
    expect(await Promise.all(waiting.map(nameOf))).toEqual(["a", "b", "c"]);
    expect(executor.sent.flat()).not.toContain("d");
  });

  test("is refused by bytes too, and accepted again after they were sent", async () => {
    const text = "x".repeat(400);
    const { executor, submit } = await busy();
    const waiting = [submit(text), submit(text)];
    expect(await codeOf(submit(text))).toBe("overloaded");
    executor.answer();
    await sent(executor, 2);
    waiting.push(submit(text));
    executor.answer();
    await sent(executor, 3);
    executor.answer();
    expect(await Promise.all(waiting.map(nameOf))).toEqual([text, text, text]);
  });

  test("counts bytes, not characters", async () => {
    const { submit } = await busy();
    submit("é".repeat(300));
    expect(await codeOf(submit("é".repeat(300)))).toBe("overloaded");
  });

  test("accepts a command larger than the limit if nothing waits: it would never fit otherwise", async () => {
    const { executor, submit } = bench();
    const outcome = submit("x".repeat(5_000));
    await sent(executor, 1);
    executor.answer();
    expect(await nameOf(outcome)).toHaveLength(5_000);
  });
});

describe("waiting past the deadline", () => {
  test("is refused unsent at the deadline, while the writer is still busy", async () => {
    const advance = stopTheClock();
    const { executor, submit, queue, first } = await busy();
    const late = codeOf(submit("late"));
    advance(DEADLINE - 500);
    const fresh = submit("fresh");
    advance(600);
    expect(await late).toBe("write_timeout");
    expect(queue.length).toBe(1);
    executor.answer();
    expect(await nameOf(first)).toBe("first");
    await sent(executor, 2);
    executor.answer();
    expect(await nameOf(fresh)).toBe("fresh");
    expect(executor.sent).toEqual([["first"], ["fresh"]]);
  });

  test("frees its place and its bytes", async () => {
    const advance = stopTheClock();
    const { submit, queue } = await busy();
    for (let i = 0; i < 3; i++) submit("x".repeat(200)).catch(() => {});
    advance(DEADLINE + 200);
    for (let i = 0; i < 3; i++) submit("y".repeat(200)).catch(() => {});
    expect(queue.length).toBe(3);
  });

  test("has no effect once the command is sent: its outcome is awaited", async () => {
    const advance = stopTheClock();
    const { executor, first } = await busy();
    advance(10 * DEADLINE);
    executor.answer();
    expect(await nameOf(first)).toBe("first");
  });
});

describe("an executor that fails", () => {
  test("fails its batch with its error, and no other batch", async () => {
    const { executor, submit, first } = await busy();
    const next = submit("next");
    executor.fail(new AppError("io_failed"));
    expect(await codeOf(first)).toBe("io_failed");
    await sent(executor, 2);
    executor.answer();
    expect(await nameOf(next)).toBe("next");
  });

  test("with an unexpected error fails with an internal error and its cause", async () => {
    const { executor, first } = await busy();
    const cause = new TypeError("no such thing");
    executor.fail(cause);
    await expect(first).rejects.toMatchObject({ code: "internal", cause });
  });

  test("by dying leaves the outcome of sent commands unknown and refuses waiting ones", async () => {
    const { executor, submit, first } = await busy();
    const next = submit("next");
    executor.fail(new AppError("outcome_unknown"));
    expect(await codeOf(first)).toBe("outcome_unknown");
    await sent(executor, 2);
    executor.fail(new AppError("closing"));
    expect(await codeOf(next)).toBe("closing");
  });
});

describe("closing", () => {
  test("completes at once if idle, and is idempotent", async () => {
    const { queue } = bench();
    await queue.close();
    await queue.close();
  });

  test("runs waiting commands in as many batches as needed, and refuses new ones", async () => {
    const { executor, submit, queue, first } = await busy({ maxBatch: 1 });
    const waiting = [first, submit("a"), submit("b")];
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    expect(await codeOf(submit("c"))).toBe("closing");
    for (const batch of [2, 3]) {
      executor.answer();
      await sent(executor, batch);
      expect(closed).toBe(false);
    }
    executor.answer();
    await closing;
    expect(await Promise.all(waiting.map(nameOf))).toEqual(["first", "a", "b"]);
  });

  test("in the same turn as a submission still runs it", async () => {
    const { executor, submit, queue } = bench();
    const outcome = submit("a");
    const closing = queue.close();
    await sent(executor, 1);
    executor.answer();
    await closing;
    expect(await nameOf(outcome)).toBe("a");
  });
});
