import { setPriority } from "node:os";
import { type Failure, toFailure } from "./errors.ts";

/** Reply of a helper process; the other side is `HelperProcess` of the engine. */
export type HelperReply = { readonly reply: unknown } | { readonly failure: Failure };

/** Added to the process's niceness: requests have priority. */
const NICE = 10;

/** The helper process's side: answers requests, one at a time, until its parent ends. */
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
