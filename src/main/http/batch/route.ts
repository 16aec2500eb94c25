import { AppError } from "../../../shared/errors.ts";
import type { Answered } from "../../engine/commands/command.ts";
import type { Commands, ExecuteOptions } from "../../engine/commands/command-bus.ts";
import { fingerprint, type IdempotentRequest } from "../../engine/commands/idempotency.ts";
import type { Logger } from "../../engine/log.ts";
import type { Writes } from "../command-route.ts";
import { bodyOf, idempotencyKey, noParameters, pathOf } from "../input.ts";
import { json, problem, type Reply, toAppError } from "../reply.ts";
import { type Call, type Route, route } from "../route.ts";
import { type ExecuteTogether, runAtomic } from "./atomic.ts";
import { BATCH_BOUNDS, type Batch, batchBody, type Operation, resultsSchema } from "./body.ts";
import { type Dispatch, dispatcher } from "./dispatch.ts";
import { refers } from "./references.ts";

/** A batch under an Idempotency-Key: each operation is applied once, under a key of its own that no client can send. */
type KeyOf = (index: number) => IdempotentRequest;

/** `POST /v1/batch` over those of the routes that may be operations of one. */
export function batchRoute(routes: readonly Route[], writes: Writes, log: Logger): Route {
  const dispatch = dispatcher(routes);
  return route({
    method: "POST",
    path: "/v1/batch",
    access: "batch",
    tag: "batch",
    operationId: "batch",
    summary: "Up to 1,000 changes in one request",
    description: DESCRIPTION,
    body: batchBody,
    headers: ["Idempotency-Key"],
    responses: {
      200: {
        description: "A result for each operation, in order.",
        body: resultsSchema,
        headers: ["Idempotency-Replayed"],
      },
    },
    failures: ["not_found", "route_unknown", "already_exists", "in_use", "precondition_failed"],
    handle: async (call) => {
      pathOf(call, noParameters);
      const { body, text } = await bodyOf(call, batchBody, BATCH_BOUNDS);
      if (body.operations.length > 1) call.charge?.(body.operations.length - 1);
      const key = idempotencyKey(call.incoming);
      const run = (keyOf?: KeyOf) =>
        body.mode === "atomic"
          ? atomic(call, body, text, { dispatch, writes, keyOf })
          : each(call, body, { dispatch, writes, keyOf, log });
      if (key === undefined) return run();
      const { id: principal } = call.principal;
      const print = fingerprint("POST", call.path, text);
      const keyOf = (index: number) => ({ principal, key: `batch\n${index}\n${key}`, fingerprint: print });
      return writes.idempotency.alone({ principal, key: `batch\n${key}` }, () => run(keyOf));
    },
  });
}

const DESCRIPTION = `Operations are the requests that say \`x-batch\`, with the same paths, bodies and permissions.

\`atomic\`: all of them in one transaction, in their order. The first that is refused makes the answer, whose pointers say which one it was, and none takes effect. A later operation may use the id that an earlier one makes: \`{"$ref": "0.id"}\` as a value in its body, \`{0.id}\` in its path, 0 being the first operation.

\`each\`: each by itself, in no order that may be relied on; a refused one has the status and the problem that a request would have.

Under an \`Idempotency-Key\` no operation is applied twice: a repeat of an \`each\` that was cut off applies what is missing.`;

interface Running {
  readonly dispatch: Dispatch;
  readonly writes: Writes;
  readonly keyOf: KeyOf | undefined;
}

async function atomic(call: Call, { operations }: Batch, text: string, running: Running): Promise<Reply> {
  const { dispatch, writes, keyOf } = running;
  let replayed = false;
  const together: ExecuteTogether = async (parts, standIns) => {
    if (keyOf === undefined) return writes.commands.executeTogether(parts, standIns);
    const once = () =>
      writes.commands.executeTogether(
        parts.map((part, i) => ({ ...part, options: { ...part.options, idempotent: keyOf(i) } })),
        standIns,
      );
    const stored = await storedAnswers(writes, keyOf, parts.length);
    replayed = stored !== undefined;
    return (
      stored ??
      once().catch(async (error: AppError) => {
        if (error.code !== "outcome_unknown") throw error;
        return (await storedAnswers(writes, keyOf, parts.length)) ?? once();
      })
    );
  };
  const replies = await runAtomic(call, operations, text, dispatch, together);
  return results(replies, replayed);
}

/** The answers of all operations, where the first has one: they were applied together. */
async function storedAnswers(writes: Writes, keyOf: KeyOf, count: number): Promise<Answered[] | undefined> {
  const first = await writes.idempotency.stored(keyOf(0));
  if (first === undefined) return undefined;
  const rest = Array.from({ length: count - 1 }, (_, i) => writes.idempotency.stored(keyOf(i + 1)));
  return [first, ...(await Promise.all(rest)).map((answer) => answer ?? { body: null, etag: null })];
}

async function each(
  call: Call,
  { operations }: Batch,
  { dispatch, writes, keyOf, log }: Running & { readonly log: Logger },
): Promise<Reply> {
  let applied = 0;
  const busFor = (index: number): Pick<Commands, "execute"> => ({
    execute: async (command, input, options: ExecuteOptions = {}) => {
      const execute = (idempotent?: IdempotentRequest) =>
        writes.commands.execute(command, input, { ...options, idempotent });
      if (keyOf === undefined) return execute();
      const request = keyOf(index);
      const { answered, replayed } = await writes.idempotency.once(request, () => execute(request));
      if (!replayed) applied++;
      return answered;
    },
  });
  const settled = operations.map((operation, i) =>
    one(call, operation, i, dispatch, busFor(i)).catch((error) => {
      const known = toAppError(error);
      if (known.code === "idempotency_mismatch") throw known;
      if (known.status === 500)
        log.error({ request_id: call.requestId, err: known.cause ?? known }, "operation failed");
      return problem(known, call.requestId);
    }),
  );
  const replies = await Promise.all(settled);
  const succeeded = replies.some(({ status }) => status < 400);
  return results(replies, keyOf !== undefined && succeeded && applied === 0);
}

async function one(
  call: Call,
  operation: Operation,
  index: number,
  dispatch: Dispatch,
  commands: Pick<Commands, "execute">,
): Promise<Reply> {
  if (refers(operation)) throw noReference(index);
  return dispatch(call, operation, commands);
}

const noReference = (index: number) =>
  new AppError("invalid", {
    errors: [{ pointer: `/operations/${index}`, detail: "refers to another, which `atomic` alone allows" }],
  });

function results(replies: readonly Reply[], replayed: boolean): Reply {
  const items = replies.map(({ status, body, headers }) => {
    const etag = headers.etag === undefined ? "" : `,"etag":${JSON.stringify(headers.etag)}`;
    return `{"status":${status},"body":${body ?? "null"}${etag}}`;
  });
  return json(200, `{"results":[${items.join(",")}]}`, {
    "cache-control": "no-store",
    ...(replayed ? { "idempotency-replayed": "true" } : {}),
  });
}
