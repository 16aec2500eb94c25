import { z } from "zod";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { pathOf } from "./catalogue.ts";

/** The description of the API: made when it is first asked for, and kept. */
export function docsRoutes(described: readonly Route[]): Route[] {
  let document: Promise<string> | undefined;
  const describe = async () => (await import("../openapi.ts")).openApiDocument(described);
  return [
    route({
      method: "GET",
      path: "/openapi.json",
      tag: "docs",
      summary: "This API, as OpenAPI 3.1",
      responses: { 200: { description: "The document.", body: z.looseObject({}) } },
      handle: async (call) => {
        pathOf(call, z.strictObject({}));
        document ??= describe();
        return json(200, await document, { "cache-control": "no-cache" });
      },
    }),
  ];
}
