import { z } from "zod";
import { openApiDocument } from "../openapi.ts";
import { json } from "../reply.ts";
import { type Route, route } from "../route.ts";
import { pathOf } from "./catalogue.ts";

/** The description of the API, of the given routes and of its own. */
export function docsRoutes(described: readonly Route[]): Route[] {
  const document = openApiDocument(described);
  return [
    route({
      method: "GET",
      path: "/openapi.json",
      tag: "docs",
      summary: "This API, as OpenAPI 3.1",
      responses: { 200: { description: "The document.", body: z.looseObject({}) } },
      handle: (call) => {
        pathOf(call, z.strictObject({}));
        return json(200, document, { "cache-control": "no-cache" });
      },
    }),
  ];
}
