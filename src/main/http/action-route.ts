import { z } from "zod";
import { noParameters, pathOf } from "./input.ts";
import { json } from "./reply.ts";
import { type Route, route } from "./route.ts";

/** An operator's route: no input, one action, and a result that is never cached. */
export function actionRoute(
  { method, path, access, summary }: Pick<Route, "path" | "access" | "summary"> & { method: "GET" | "POST" },
  action: () => unknown,
): Route {
  return route({
    method,
    path,
    access,
    tag: "admin",
    summary,
    responses: { 200: { description: "The figures.", body: z.looseObject({}) } },
    handle: async (call) => {
      pathOf(call, noParameters);
      return json(200, JSON.stringify(await action()), { "cache-control": "no-store" });
    },
  });
}
