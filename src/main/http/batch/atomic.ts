import { AppError } from "../../../shared/errors.ts";
import type { Answered } from "../../engine/commands/command.ts";
import { type Commands, type Part, PartFailed } from "../../engine/commands/command-bus.ts";
import { type Reply, toAppError } from "../reply.ts";
import type { Call } from "../route.ts";
import type { Operation } from "./body.ts";
import type { Dispatch } from "./dispatch.ts";
import { resolveReferences } from "./references.ts";

/** Runs the parts in one transaction. */
export type ExecuteTogether = (
  // biome-ignore lint/suspicious/noExplicitAny: each part's input fits its own command
  parts: readonly Part<any>[],
  standIns: Parameters<Commands["executeTogether"]>[1],
) => Promise<Answered[]>;

/**
 * All operations in one transaction. Each route is called up to the moment when it executes its command; that waits
 * until the commands of all are there, which then take effect together, and the routes go on to their replies.
 *
 * @param text the request's. @throws AppError that of the first operation that is refused, saying which: then none
 * took effect.
 */
export async function runAtomic(
  outer: Call,
  operations: readonly Operation[],
  text: string,
  dispatch: Dispatch,
  together: ExecuteTogether,
): Promise<Reply[]> {
  const { operations: resolved, standIns } = resolveReferences(operations, text);
  const gathered: Gathered[] = [];
  for (const [i, operation] of resolved.entries()) {
    gathered.push(
      await gather(outer, operation, dispatch).catch((error) => Promise.reject(inOperation(i, error))),
    );
  }
  const answers = await together(
    gathered.map(({ part }) => part),
    standIns,
  ).catch((error) => {
    for (const { reply } of gathered) reply.catch(() => {});
    for (const { fail } of gathered) fail(error);
    throw error instanceof PartFailed ? inOperation(error.at, error) : error;
  });
  gathered.forEach(({ settle }, i) => void settle(answers[i]!));
  return Promise.all(gathered.map(({ reply }) => reply));
}

interface Gathered {
  // biome-ignore lint/suspicious/noExplicitAny: each part's input fits its own command
  readonly part: Part<any>;
  readonly reply: Promise<Reply>;
  readonly settle: (answered: Answered) => void;
  readonly fail: (error: unknown) => void;
}

/** Calls the route until it executes its command. */
function gather(outer: Call, operation: Operation, dispatch: Dispatch): Promise<Gathered> {
  return new Promise((resolve, reject) => {
    const answered = Promise.withResolvers<Answered>();
    const commands: Pick<Commands, "execute"> = {
      execute: (command, input, options = {}) => {
        resolve({
          part: { command, input, options },
          reply,
          settle: answered.resolve,
          fail: answered.reject,
        });
        return answered.promise;
      },
    };
    const reply = dispatch(outer, operation, commands);
    reply.then(
      () => reject(new AppError("internal", { detail: "a route in a batch executed nothing" })),
      reject,
    );
  });
}

/** A refusal, and which operation it was: pointers are those of the whole request. */
function inOperation(index: number, thrown: unknown): AppError {
  const { code, message, errors = [], headers, cause } = toAppError(thrown);
  const at = `/operations/${index}`;
  const located = errors.map((error) => ({
    pointer: "pointer" in error ? `${at}/body${error.pointer}` : at,
    detail: error.detail,
  }));
  return new AppError(code, {
    detail: `operation ${index}: ${message}; none took effect`,
    errors: located.length > 0 ? located : [{ pointer: at, detail: message }],
    ...(headers === undefined ? {} : { headers }),
    cause,
  });
}
