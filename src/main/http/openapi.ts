import { z } from "zod";
import { createDocument, type ZodOpenApiOperationObject, type ZodOpenApiPathsObject } from "zod-openapi";
import { ERRORS, type ErrorCode } from "../../shared/errors.ts";
import { version } from "../../shared/version.ts";
import { neededFor } from "./access.ts";
import {
  REQUEST_HEADERS,
  RESPONSE_HEADERS,
  type RequestHeader,
  type ResponseHeader,
} from "./described-headers.ts";
import type { ResponseDoc, Route } from "./route.ts";

/** Conventions of all routes, for readers new to the API. */
const CONVENTIONS = `A music catalogue on SQLite: browse, search, find what is similar, record plays, chart, recommend.

Fields are \`snake_case\`, times RFC 3339 in UTC, money decimal numbers, ids integers. Unknown parameters and fields are refused.

**Lists** come in pages: \`{"data": […], "next": …}\`. \`next\` is the \`cursor\` of the next page, which the \`Link\` header leads to as well; null on the last one.

**Errors** are \`application/problem+json\` (RFC 9457). \`code\` identifies it, \`errors\` lists invalid input.

**Conditional requests**: a cacheable answer has an \`ETag\`. \`If-None-Match\` avoids sending an unchanged body, \`If-Match\` prevents lost updates. A proxy that compresses makes ETags weak (\`W/"…"\`): \`If-None-Match\` accepts them, \`If-Match\` does not (RFC 9110), so omit \`Accept-Encoding\` when you read an entity to change it.

**Authentication** is by \`Authorization: Bearer …\` with an API key or a session's token, or by a session's cookie. Each operation names the permission it needs. An open server, which listens on loopback only, needs none.

**Repeating a POST** is safe under an \`Idempotency-Key\`.

Every GET answers HEAD, and every path OPTIONS.`;

/** A tag and its description. */
export interface Topic {
  readonly name: string;
  readonly description: string;
}

/** The OpenAPI 3.1 description of all routes, from the schemas that validate their requests. */
export function openApiDocument(routes: readonly Route[], topics: readonly Topic[] = []): string {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  const { components, ...document } = createDocument({
    openapi: "3.1.0",
    info: {
      title: "Chinook Server",
      version,
      description: CONVENTIONS,
      contact: { name: "The operator of this server" },
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [],
    tags: tagsOf(routes, topics),
    paths: paths as ZodOpenApiPathsObject,
  });
  return JSON.stringify({
    ...document,
    components: { ...components, headers: RESPONSE_HEADERS, securitySchemes: SECURITY_SCHEMES },
  });
}

/** In the order of the routes. */
const tagsOf = (routes: readonly Route[], topics: readonly Topic[]) =>
  [...new Set(routes.map(({ tag }) => tag))].map(
    (name) => topics.find((topic) => topic.name === name) ?? { name },
  );

function operation(route: Route): ZodOpenApiOperationObject {
  const inPath = new Set([...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!));
  const parameters = Object.entries(route.parameters?.shape ?? {});
  const part = (wanted: boolean) =>
    z.object(Object.fromEntries(parameters.filter(([name]) => inPath.has(name) === wanted)));
  return {
    operationId: route.operationId ?? operationId(route),
    tags: [route.tag],
    summary: route.summary,
    description: `${route.description ?? `${route.summary}.`}${needsOf(route)}`,
    security: securityOf(route),
    "x-access": route.access,
    ...(route.batch ? { "x-batch": true } : {}),
    requestParams: { path: part(true), query: part(false) },
    parameters: (route.headers ?? []).map(requestHeader),
    ...requestBody(route),
    responses: { ...successes(route), ...failures(route) },
  } as ZodOpenApiOperationObject;
}

function requestBody({ body, accepts }: Route) {
  if (body !== undefined) return { requestBody: { required: true, content: jsonContent(body) } };
  if (accepts === undefined) return {};
  const content = accepts.map((type) => [type, { schema: { type: "string" } }] as const);
  return { requestBody: { required: true, content: Object.fromEntries(content) } };
}

/** How a request authenticates if CHINOOK_AUTH=required. */
const SECURITY_SCHEMES = {
  bearer: { type: "http", scheme: "bearer", description: "An API key, or a session's token." },
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: "__Host-chinook_session",
    description: "A session's token, in a browser's cookie.",
  },
};

const securityOf = ({ access }: Route) => {
  if (access === "open") return [];
  const scopes = [neededFor(access)];
  return [{ bearer: scopes }, { cookie: scopes }];
};

function needsOf({ access }: Route): string {
  if (access === "open") return "";
  if (access === "own") return " Needs `library` for your own account, and `people:read` for others.";
  if (access === "batch") return " Each operation needs the permission of its route.";
  if (access === "customer")
    return " Needs `library` for the customer linked to your account, and `shop:read` or `shop:write` for all.";
  return ` Needs the permission \`${access}\`.`;
}

const jsonContent = (schema: z.ZodType) => ({ "application/json": { schema } });

/** `GET /v1/tracks/{id}/tags` → `getTracksByIdTags`. */
const operationId = ({ method, path }: Route): string =>
  `${method.toLowerCase()}${path
    .replace(/^\/v1(?=\/)/, "")
    .replace(/\{(\w+)\}/g, "by_$1")
    .replace(/[^a-zA-Z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`;

const requestHeader = (name: RequestHeader) => ({
  name,
  in: "header",
  required: false,
  ...REQUEST_HEADERS[name],
});

const responseHeaders = (names: readonly ResponseHeader[] = []) =>
  Object.fromEntries(
    (["X-Request-Id", ...names] as const).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
  );

const successes = (route: Route) =>
  Object.fromEntries(
    Object.entries(route.responses)
      .map(([status, doc]): [string, unknown] => [status, response(doc)])
      .concat(notModified(route)),
  );

/** 304 is for GET only. For other methods a match is a failure. */
function notModified({ method, headers, responses }: Route): [string, unknown][] {
  if (method !== "GET" || !headers?.includes("If-None-Match")) return [];
  return [["304", { description: "Unchanged.", headers: responseHeaders(responses[200]?.headers) }]];
}

function response({ description, body, also, headers: names }: ResponseDoc) {
  const headers = responseHeaders(names);
  if (body === undefined) return { description, headers };
  const content = typeof body === "string" ? { [body]: { schema: { type: "string" } } } : jsonContent(body);
  return {
    description,
    headers,
    content: also === undefined ? content : { ...content, [also]: { schema: { type: "string" } } },
  };
}

/** The errors that a route may answer with, derived from its input; grouped by status, as OpenAPI needs them. */
function failures(route: Route) {
  const codes: ErrorCode[] = ["bad_request", "invalid", "overloaded"];
  codes.push("host_not_allowed");
  if (route.method !== "GET") codes.push("cross_origin", "media_type_unsupported");
  if (route.access !== "open") codes.push("unauthenticated", "forbidden", "rate_limited");
  if (route.path.includes("{")) codes.push("not_found");
  if (route.parameters !== undefined && "cursor" in route.parameters.shape) codes.push("cursor_invalid");
  if (route.body !== undefined) {
    codes.push("body_malformed", "body_too_large", "reference_unknown", "disk_full");
  }
  if (route.accepts !== undefined) codes.push("body_too_large", "disk_full");
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
  headers: responseHeaders([
    ...(codes.some((code) => ERRORS[code].retry !== false) ? (["Retry-After"] as const) : []),
    ...(codes.some((code) => ERRORS[code].status === 401) ? (["WWW-Authenticate"] as const) : []),
    ...(codes.includes("rate_limited") ? (["RateLimit", "RateLimit-Policy"] as const) : []),
  ]),
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
