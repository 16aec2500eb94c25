import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { ERRORS, type ErrorCode } from "../../shared/errors.ts";
import { version } from "../../shared/version.ts";
import type { ResponseDoc, Route } from "./route.ts";

const HEADERS = {
  "If-Match": "Go on only when the entity still has one of these ETags (412 otherwise).",
  "If-None-Match": "Answer 304 when the ETag is still one of these.",
  "Idempotency-Key": "Apply the request once, however often it is sent under this key within a day.",
} as const;

/** The OpenAPI 3.1 description of all routes, from the schemas that validate their requests. */
export function openApiDocument(routes: readonly Route[]): string {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  const document = createDocument({
    openapi: "3.1.0",
    info: {
      title: "Chinook Server",
      version,
      description:
        "A music catalogue on SQLite: browse, search, find what is similar, record plays, chart, recommend.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    paths: paths as ZodOpenApiPathsObject,
  });
  return JSON.stringify(document);
}

function operation(route: Route): ZodOpenApiOperationObject {
  const inPath = new Set([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
  const parameters = Object.entries(route.parameters?.shape ?? {});
  const part = (wanted: boolean) =>
    z.object(Object.fromEntries(parameters.filter(([name]) => inPath.has(name) === wanted)));
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    requestParams: { path: part(true), query: part(false) },
    parameters: (route.headers ?? []).map(header),
    ...(route.body === undefined
      ? {}
      : { requestBody: { required: true, content: jsonContent(route.body) } }),
    responses: { ...successes(route), ...failures(route) },
  } as ZodOpenApiOperationObject;
}

const jsonContent = (schema: z.ZodType) => ({ "application/json": { schema } });

const operationId = ({ method, path }: Route): string =>
  `${method.toLowerCase()}${path.replace(/\{(\w+)\}/g, "by_$1").replace(/[^a-zA-Z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`;

const header = (name: keyof typeof HEADERS) => ({
  name,
  in: "header",
  required: false,
  description: HEADERS[name],
  schema: { type: "string" },
});

const successes = (route: Route) =>
  Object.fromEntries(
    Object.entries(route.responses)
      .map(([status, doc]) => [status, response(doc)])
      .concat(notModified(route)),
  );

const notModified = (route: Route) =>
  route.headers?.includes("If-None-Match") ? [["304", { description: "Unchanged." }] as never] : [];

function response({ description, body }: ResponseDoc) {
  if (body === undefined) return { description };
  const content = typeof body === "string" ? { [body]: { schema: { type: "string" } } } : jsonContent(body);
  return { description, content };
}

/** The errors that a route may answer with, by what it takes; grouped by status as OpenAPI wants it. */
function failures(route: Route) {
  const codes: ErrorCode[] = ["bad_request", "invalid", "overloaded"];
  codes.push("host_not_allowed");
  if (route.method !== "GET") codes.push("cross_origin", "media_type_unsupported");
  if (route.path.includes("{")) codes.push("not_found");
  if (route.parameters !== undefined && "cursor" in route.parameters.shape) codes.push("cursor_invalid");
  if (route.body !== undefined) {
    codes.push("body_malformed", "body_too_large", "reference_unknown", "disk_full");
  }
  if (route.headers?.includes("If-Match")) codes.push("precondition_failed");
  if (route.method === "DELETE") codes.push("in_use");
  if (route.headers?.includes("Idempotency-Key"))
    codes.push("idempotency_in_progress", "idempotency_mismatch");
  codes.push(...(route.failures ?? []));
  const byStatus = Object.groupBy(codes, (code) => ERRORS[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, group]) => [status, problemResponse(group!)]),
  );
}

const problemResponse = (codes: readonly ErrorCode[]) => ({
  description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(" "),
  content: { "application/problem+json": { schema: PROBLEM } },
});

const codes = Object.keys(ERRORS).filter((code) => ERRORS[code as ErrorCode].status > 0) as ErrorCode[];

const PROBLEM = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(codes),
    request_id: z.string(),
    errors: z
      .array(
        z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }),
      )
      .optional(),
  })
  .meta({ id: "Problem", description: "RFC 9457 problem details." });
