import { setPriority } from "node:os";
import { type Failure, toFailure } from "./errors.ts";

/** What a helper process says of a request; see `HelperProcess` of the engine, its other end. */
export type HelperReply = { readonly reply: unknown } | { readonly failure: Failure };

/** Added to the process's niceness: requests win the processor. */
const NICE = 10;

/** The helper process's own end: answers requests, one at a time, until whoever started it goes. */
export function serveRequests<R>(answer: (request: R) => unknown | Promise<unknown>): void {
  const send = (message: HelperReply): void => void process.send?.(message);
  process.on("disconnect", () => process.exit());
  setPriority(NICE);
  process.on("message", async ({ request }: { request: R }) => {
    try {
      send({ reply: await answer(request) });
    } catch (error) {
      const { errors } = error as { errors?: Failure["errors"] };
      send({ failure: { ...toFailure(error), ...(errors === undefined ? {} : { errors }) } });
    }
  });
}
