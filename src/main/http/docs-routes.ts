import { z } from "zod";
import { version } from "../../shared/version.ts";
import { once } from "../engine/once.ts";
import type { Document } from "./docs-page/document.ts";
import { tagged } from "./entry-reply.ts";
import { noParameters, pathOf } from "./input.ts";
import { json, type Reply } from "./reply.ts";
import { type Call, type Route, route } from "./route.ts";
import { TOPICS } from "./topics.ts";

const TAG = "docs";
const HTML = "text/html; charset=utf-8";
const REVALIDATE = { "cache-control": "no-cache" };
const TAGGED = ["ETag", "Cache-Control"] as const;

/** A record, seen from above. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="8" fill="#1d2430"/><circle cx="8" cy="8" r="5.5" fill="none" stroke="#667085" stroke-width=".6"/><circle cx="8" cy="8" r="3" fill="#5aa9f8"/><circle cx="8" cy="8" r=".8" fill="#fff"/></svg>`;

const INDEX = {
  console: "/console",
  docs: "/docs",
  errors: "/docs/errors",
  openapi: "/openapi.json",
  health: "/health",
  metrics: "/metrics",
};

/** The API description, as OpenAPI and as HTML. Each is generated on first use and kept. */
export function docsRoutes(described: readonly Route[]): Route[] {
  const openApi = once(async () =>
    (await import("./openapi.ts")).openApiDocument([...described, ...routes], TOPICS),
  );
  const docs = once(async () => {
    const { docsPage } = await import("./docs-page/page.ts");
    return docsPage(JSON.parse(await openApi()) as Document);
  });
  const errors = once(async () => (await import("./docs-page/errors.ts")).errorsPage());
  const routes: readonly Route[] = [
    route({
      method: "GET",
      path: "/",
      access: "open",
      tag: TAG,
      summary: "An index of the API; browsers are redirected to the console",
      responses: { 200: { description: "Paths by topic.", body: indexSchema } },
      handle: (call) => {
        pathOf(call, noParameters);
        return index(call);
      },
    }),
    route({
      method: "GET",
      path: "/openapi.json",
      access: "open",
      tag: TAG,
      summary: "This API, as OpenAPI 3.1",
      headers: ["If-None-Match", "If-Match"],
      responses: { 200: { description: "The document.", body: z.looseObject({}), headers: TAGGED } },
      handle: async (call) => {
        pathOf(call, noParameters);
        return tagged(call, json(200, await openApi(), REVALIDATE));
      },
    }),
    pageRoute("/docs", "This API, as a page to read", async (call) => {
      const { ORIGIN } = await import("./docs-page/example.ts");
      return (await docs()).replaceAll(ORIGIN, originOf(call));
    }),
    pageRoute("/docs/errors", "Every error, and what to do about it", errors),
    route({
      method: "GET",
      path: "/favicon.ico",
      access: "open",
      tag: TAG,
      summary: "The icon of the documentation pages",
      responses: { 200: { description: "The icon.", body: "image/svg+xml" } },
      handle: (call) => {
        pathOf(call, noParameters);
        return json(200, ICON, { "content-type": "image/svg+xml", "cache-control": "max-age=86400" });
      },
    }),
  ];
  return [...routes];
}

const indexSchema = z.object({
  name: z.string(),
  version: z.string(),
  ...Object.fromEntries(Object.keys(INDEX).map((name) => [name, z.string()])),
});

function index({ incoming }: Call): Reply {
  const vary = { vary: "accept" };
  if (incoming.headers.accept?.includes("text/html"))
    return { ...json(303, "", { ...vary, location: INDEX.console }), body: null };
  return json(200, JSON.stringify({ name: "Chinook Server", version, ...INDEX }), vary);
}

const pageRoute = (path: string, summary: string, page: (call: Call) => Promise<string>): Route =>
  route({
    method: "GET",
    path,
    access: "open",
    tag: TAG,
    summary,
    headers: ["If-None-Match", "If-Match"],
    responses: { 200: { description: "The page.", body: "text/html", headers: TAGGED } },
    handle: async (call) => {
      pathOf(call, noParameters);
      const { PAGE_POLICY } = await import("./docs-page/page.ts");
      const headers = { "content-type": HTML, "content-security-policy": PAGE_POLICY, ...REVALIDATE };
      return tagged(call, json(200, await page(call), headers));
    },
  });

/** The server's address as the reader sees it, so that examples can be pasted unchanged. */
function originOf({ incoming }: Call): string {
  const { host = "" } = incoming.headers;
  return `http://${/^[\w.:[\]-]{1,255}$/.test(host) ? host : "127.0.0.1:8080"}`;
}
