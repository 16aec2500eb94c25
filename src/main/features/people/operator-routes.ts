import { z } from "zod";
import { actorOf } from "../../http/command-route.ts";
import { bodyOf, noParameters, pathOf } from "../../http/input.ts";
import { json } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";
import type { People } from "./context.ts";
import { OPERATOR_ACTIONS, type OperatorAction, type OperatorContext } from "./operators.ts";

/** Routes for `chinook user`, `chinook key` and `chinook audit`. */
export const operatorRoutes = (people: People): Route[] =>
  (Object.keys(OPERATOR_ACTIONS) as OperatorAction[]).map((name) =>
    route({
      method: "POST",
      path: `/admin/people/${name}`,
      access: name === "export-audit" ? "audit:read" : "people:write",
      tag: "admin",
      summary: `What the command line does: ${name.replace("-", " ")}`,
      body: OPERATOR_ACTIONS[name].input,
      responses: { 200: { description: "What came of it.", body: z.looseObject({}) } },
      failures: ["not_found", "already_exists"],
      handle: async (call) => {
        pathOf(call, noParameters);
        const { input, run } = OPERATOR_ACTIONS[name] as {
          input: z.ZodType;
          run: (context: OperatorContext, input: unknown) => Promise<unknown>;
        };
        const { body } = await bodyOf(call, input);
        const { passwords, origin, writes } = people;
        const context = {
          commands: writes.commands,
          passwords,
          origin: origin(),
          actor: actorOf(writes, call),
        };
        return json(200, JSON.stringify(await run(context, body)), { "cache-control": "no-store" });
      },
    }),
  );
