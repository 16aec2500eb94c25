import { hash } from "node:crypto";
import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Settings } from "../../../shared/settings.ts";
import { once } from "../../engine/once.ts";
import { ifMatch, matchedEtag, pathOf } from "../../http/input.ts";
import { empty, json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { type Bundle, EXTENSION, loadBundle } from "./bundle.ts";
import { PAGE_POLICY, shell } from "./page.ts";

const TAG = "console";
const TAGGED = ["ETag", "Cache-Control"] as const;
const PRECONDITIONS = ["If-None-Match", "If-Match"] as const;

const assetParameters = z.strictObject({ version: z.string(), file: z.string() });

/** The pages' registry, which the browser has, too. */
interface Registry {
  readonly findPage: (path: string) => object | undefined;
}

/** The pages and their files. Made at the first request and kept: each is compressed once. */
export function consoleRoutes(settings: Settings): Route[] {
  const bundle = once(loadBundle);
  const assets = once(async () => assetReplies(await bundle()));
  const document = once(async () => pageReply(shell(await bundle(), settings)));
  const page = async (call: Call): Promise<Reply> => {
    const { findPage } = (await import(new URL(`app/pages${EXTENSION}`, import.meta.url).href)) as Registry;
    if (findPage(call.path) === undefined) throw new AppError("route_unknown");
    return conditional(call, await document());
  };
  return [
    route({
      method: "GET",
      path: "/console/assets/{version}/{file}",
      rest: true,
      access: "open",
      tag: TAG,
      summary: "A script or a style sheet of the console",
      parameters: assetParameters,
      headers: PRECONDITIONS,
      responses: { 200: { description: "The file.", body: "text/javascript", headers: TAGGED } },
      failures: ["not_found"],
      handle: async (call) => {
        const { version, file } = pathOf<z.infer<typeof assetParameters>>(call, assetParameters);
        const found = (await assets()).get(`${version}/${file}`);
        if (found === undefined) throw new AppError("not_found");
        return conditional(call, found);
      },
    }),
    pageRoute({ path: "/console", summary: "The console, in a browser" }, page),
    pageRoute({ path: "/console/{page}", rest: true, summary: "A page of the console" }, page),
  ];
}

const pageRoute = (at: Pick<Route, "path" | "summary" | "rest">, handle: Route["handle"]): Route =>
  route({
    ...at,
    method: "GET",
    access: "open",
    tag: TAG,
    ...(at.rest ? { parameters: z.object({ page: z.string() }) } : {}),
    headers: PRECONDITIONS,
    responses: { 200: { description: "The page.", body: "text/html", headers: TAGGED } },
    failures: ["route_unknown"],
    handle,
  });

/** A file's name has the version in it, so the browser keeps it and never asks again. */
function assetReplies({ version, files }: Bundle): ReadonlyMap<string, Reply> {
  const reply = (name: string, text: string) =>
    withEtag(text, {
      "content-type": `${name.endsWith(".css") ? "text/css" : "text/javascript"}; charset=utf-8`,
      "cache-control": "public, max-age=31536000, immutable",
    });
  return new Map([...files].map(([name, text]) => [`${version}/${name}`, reply(name, text)]));
}

const pageReply = (text: string): Reply =>
  withEtag(text, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": PAGE_POLICY,
    "referrer-policy": "same-origin",
    "cache-control": "no-cache",
  });

const withEtag = (text: string, headers: Record<string, string>): Reply =>
  json(200, text, { ...headers, etag: `"${hash("sha1", text, "base64url")}"` });

/** 304 where the browser has it. @throws AppError `precondition_failed`. */
function conditional({ incoming }: Call, reply: Reply): Reply {
  const { etag, ...headers } = reply.headers as Record<string, string>;
  if (!ifMatch(incoming.headers["if-match"], etag!)) throw new AppError("precondition_failed");
  const matched = matchedEtag(incoming.headers["if-none-match"], etag!);
  if (matched === undefined) return reply;
  const { "content-type": _, ...kept } = headers;
  return empty(304, { ...kept, etag: matched });
}
