import type { Document, Operation, Parameter, Placed, Schema } from "./document.ts";
import { sampleOf } from "./schema.ts";

/** Placeholder for the server's address. A request replaces it by the address that it used. */
export const ORIGIN = "http://origin.invalid";

export interface ExampleRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** JSON; undefined if the request has none. */
  readonly body?: string;
}

/** A complete request for the operation. */
export function exampleRequestOf(document: Document, { method, path, operation }: Placed): ExampleRequest {
  const parameters = operation.parameters ?? [];
  const url = `${pathOf(document, path, parameters)}${queryOf(document, parameters)}`;
  const request = { method: method.toUpperCase(), url };
  return operation.requestBody === undefined
    ? request
    : { ...request, body: JSON.stringify(bodyOf(document, method, operation)) };
}

/** The request as a curl command line. A condition is shown where it keeps a change from undoing another. */
export function curlOf(document: Document, placed: Placed): string {
  const { method, url, body } = exampleRequestOf(document, placed);
  const lines = [method === "GET" ? `curl '${ORIGIN}${url}'` : `curl -X ${method} '${ORIGIN}${url}'`];
  const takes = (header: string) => placed.operation.parameters?.some(({ name }) => name === header) ?? false;
  if (takes("If-Match") && method !== "GET") lines.push(`-H 'If-Match: "the ETag you saw"'`);
  if (takes("Idempotency-Key")) lines.push(`-H "Idempotency-Key: $(uuidgen)"`);
  if (body !== undefined)
    lines.push("-H 'Content-Type: application/json'", `-d '${body.replaceAll("'", "'\\''")}'`);
  return lines.join(" \\\n  ");
}

const pathOf = (document: Document, path: string, parameters: readonly Parameter[]): string =>
  path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const schema = parameters.find((parameter) => parameter.name === name)?.schema ?? {};
    return encodeURIComponent(String(sampleOf(document, schema, NOTHING)));
  });

/** The required parameters, those with an example, and a small limit. */
function queryOf(document: Document, parameters: readonly Parameter[]): string {
  const shown = parameters
    .filter(({ in: where }) => where === "query")
    .flatMap(({ name, required, schema }): [string, string][] => {
      if (name === "limit") return [[name, "2"]];
      return required === true ? [[name, String(sampleOf(document, schema, NOTHING))]] : [];
    });
  return shown.length === 0 ? "" : `?${new URLSearchParams(shown)}`;
}

function bodyOf(document: Document, method: string, { requestBody }: Operation): unknown {
  const schema = Object.values(requestBody!.content)[0]!.schema;
  return sampleOf(document, smallest(schema, method), NOTHING);
}

/** The schema with only its required fields; for PATCH, one field. */
function smallest(schema: Schema, method: string): Schema {
  const shape = schema.anyOf?.[0] ?? schema.oneOf?.[0] ?? schema;
  if (shape.properties === undefined) return shape;
  const entries = Object.entries(shape.properties);
  const needed = entries.filter(([name]) => shape.required?.includes(name));
  const some = needed.length > 0 || method === "post" ? needed : entries.slice(0, 1);
  return { ...shape, properties: Object.fromEntries(some) };
}

const NOTHING: ReadonlyMap<string, unknown> = new Map();

/** The body of the first successful response as indented JSON; undefined without one. */
export function exampleAnswerOf(document: Document, operation: Operation): string | undefined {
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const schema = good?.[1].content?.["application/json"]?.schema;
  if (schema === undefined) return undefined;
  return JSON.stringify(sampleOf(document, schema, examplesOf(document, operation.tags[0]!)), null, 2);
}

/** Example values by field, from the request bodies of a tag. Responses show the same fields. */
function examplesOf(document: Document, tag: string): Map<string, unknown> {
  const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
  const bodies = operations
    .filter(({ tags, requestBody }) => tags[0] === tag && requestBody !== undefined)
    .map(({ requestBody }) => Object.values(requestBody!.content)[0]!.schema);
  const fields = bodies.flatMap(({ properties }) => Object.entries(properties ?? {}));
  return new Map(
    fields.flatMap(([name, { example }]) => (example === undefined ? [] : [[name, example] as const])),
  );
}
