import { setTimeout as delay } from "node:timers/promises";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answer, Json, TestServer } from "../support/server.ts";
import { copyOf, get, makeCatalogue, post, request, startServer } from "../support/server.ts";
import { expectProblem } from "./helpers.ts";
import { anyText, rubbish, Schemas } from "./schemas.ts";

/** Requests over all operations together. A failing run prints its seed; FUZZ_SEED repeats it. */
const REQUESTS = 3_000;
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
/** A request without a response after this time counts as hanging. */
const HANGS_MS = 20_000;

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly doc: Json;
}

let server: TestServer;
let schemas: Schemas;
let operations: readonly Operation[];
beforeAll(async () => {
  server = await startServer({}, { database: copyOf(await makeCatalogue()) });
  const { json } = await get(server, "/openapi.json");
  schemas = new Schemas(json);
  operations = operationsOf(json);
});
afterAll(async () => {
  expect(server.stderr()).not.toContain('"code":"internal"');
  expect(await server.stop()).toBe(0);
});

/** Deletions come later, and what can empty the catalogue last: the others need data. */
function operationsOf({ paths }: Json): Operation[] {
  const all = Object.entries(paths as Record<string, Json>).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Json>).map(([method, doc]) => ({ method, path, doc })),
  );
  const late = ({ method, path }: Operation) => (path.startsWith("/admin") ? 2 : Number(method === "delete"));
  return all.toSorted((a, b) => late(a) - late(b));
}

/** Percent-encodes what a URL cannot hold; broken encodings are kept, and unpaired surrogates become one. */
function encode(text: string): string {
  if (text.startsWith("%")) return text.replace(/[^\w%.~-]/g, "");
  return text.isWellFormed() ? encodeURIComponent(text) : "%ED%A0%80";
}

const broken = fc.constantFrom("%", "%zz", "%ff", "%00", "%c0%80", "%ed%a0%80", "%2e%2e", "%2f");
const anyParameter = fc.oneof(anyText, broken, fc.integer().map(String), fc.double().map(String));

function parametersIn({ doc }: Operation, place: string): fc.Arbitrary<[string, string]>[] {
  return (doc.parameters ?? [])
    .filter((parameter: Json) => parameter.in === place)
    .map(({ name, schema }: Json) =>
      fc
        .oneof({ weight: 15, arbitrary: schemas.nearly(schema) }, { weight: 1, arbitrary: anyParameter })
        .map((value) => [name, typeof value === "string" ? value : (JSON.stringify(value) ?? "")]),
    );
}

const seldom = <T>(arbitrary: fc.Arbitrary<T>, one: number): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: one - 1, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

/** Some of them, and now and then one that is unknown. */
function queryOf(operation: Operation): fc.Arbitrary<string> {
  const known = parametersIn(operation, "query").map((parameter) => seldom(parameter, 5));
  const unknown = seldom(fc.tuple(anyText, anyParameter), 15);
  return fc
    .tuple(...known, unknown)
    .map((given) => given.filter((pair) => pair !== undefined))
    .map((pairs) => pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&"));
}

const pathOf = (operation: Operation): fc.Arbitrary<string> =>
  fc
    .tuple(...parametersIn(operation, "path"))
    .map((given) =>
      given.reduce((path, [name, value]) => path.replace(`{${name}}`, () => encode(value)), operation.path),
    );

/** What `fetch` can send: one byte a character, no line break and no NUL. */
const headerText = fc.oneof(
  fc
    .string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) })
    .map((text) => text.replaceAll("\x7f", "")),
  fc.constantFrom("*", '"a"', 'W/"a", "b"', '"', "", "text/plain", "application/json"),
);
const HEADERS = ["if-match", "if-none-match", "idempotency-key", "x-request-id", "accept", "range", "cookie"];
const headersOf = fc.dictionary(fc.constantFrom(...HEADERS), headerText, { maxKeys: 2 });

const JSON_TYPE = { "content-type": "application/json" };

function bodyOf({ method, doc }: Operation): fc.Arbitrary<string | Uint8Array | undefined> {
  if (method === "get") return fc.constant(undefined);
  const schema = doc.requestBody?.content["application/json"]?.schema;
  if (isLines(doc))
    return fc.oneof(
      fc.uint8Array(),
      anyText.map((text) => text.toWellFormed()),
      LINES,
    );
  if (schema === undefined) return seldom(rubbish.map(toJson), 4);
  const near = schemas.nearly(schema).map(toJson);
  const cut = near.map((text) => text.slice(0, text.length / 2));
  return fc.oneof(
    { weight: 30, arbitrary: near },
    rubbish.map(toJson),
    cut,
    fc.uint8Array(),
    anyText.map((text) => text.toWellFormed()),
  );
}

/** A body that is no JSON: lines of JSON or CSV. */
const isLines = (doc: Operation["doc"]): boolean => "text/csv" in (doc.requestBody?.content ?? {});
const LINES = fc.constantFrom('{"id":1}\n{"name":"a"}\n[', "id,name\n1,a\n", '"', "name\n");
const typeOf = (doc: Operation["doc"]): Record<string, string> =>
  isLines(doc) ? { "content-type": "application/x-ndjson" } : JSON_TYPE;

const toJson = (value: unknown): string => JSON.stringify(value) ?? "null";

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string | Uint8Array | undefined;
}

const requestsOf = (operation: Operation): fc.Arbitrary<Sent> =>
  fc
    .tuple(pathOf(operation), queryOf(operation), headersOf, bodyOf(operation))
    .map(([path, query, headers, body]) => ({
      url: query === "" ? path : `${path}?${query}`,
      headers: body === undefined ? headers : { ...typeOf(operation.doc), ...headers },
      body,
    }));

async function send({ method }: Operation, { url, headers, body }: Sent): Promise<Answer> {
  const hung = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error(`no answer within ${HANGS_MS} ms`)), HANGS_MS).unref();
  });
  return Promise.race([request(server, method.toUpperCase(), url, { headers, body }), hung]);
}

/** A generated path may match no route or another one. */
const ELSEWHERE = new Set(["route_unknown", "method_not_allowed"]);

function judge(operation: Operation, answer: Answer): void {
  const documented = operation.doc.responses[answer.status];
  if (answer.status >= 400) {
    const { code } = expectProblem(answer, answer.status, answer.json?.code);
    if (!ELSEWHERE.has(code)) expect(Object.keys(operation.doc.responses)).toContain(String(answer.status));
    if (answer.status >= 500) expect(documented.description).toContain(`\`${code}\``);
    return;
  }
  expect(Object.keys(operation.doc.responses)).toContain(String(answer.status));
  expectDescribed(operation, answer);
}

function expectDescribed({ doc }: Operation, { status, headers, text, json }: Answer): void {
  const content = doc.responses[status].content;
  if (content === undefined) {
    expect(text).toBe("");
    return;
  }
  const [type] = (headers.get("content-type") ?? "").split(";");
  expect(Object.keys(content)).toContain(type);
  if (json !== undefined) expect(schemas.check(content[type!].schema, json)).toEqual([]);
}

test("every operation answers generated requests with a documented response", async () => {
  const runs = Math.ceil(REQUESTS / operations.length);
  for (const [i, operation] of operations.entries()) {
    const property = fc.asyncProperty(requestsOf(operation), async (sent) => {
      judge(operation, await send(operation, sent));
    });
    await fc.assert(property, { numRuns: runs, seed: SEED + i }).catch((error: Error) => {
      const where = `FUZZ_SEED=${SEED}, ${operation.method} ${operation.path}`;
      throw new Error(`${where}: ${error.message}`, { cause: error.cause });
    });
  }
  expect((await get(server, "/readyz")).status).toBe(200);
}, 300_000);

describe("valid requests", () => {
  let fresh: TestServer;
  beforeAll(async () => {
    fresh = await startServer({}, { database: copyOf(await makeCatalogue()) });
  });
  afterAll(async () => {
    expect(await fresh.stop()).toBe(0);
  });

  test("every documented GET answers as described", async () => {
    // Creates a job and a backup, so that their routes find one.
    expect((await post(fresh, "/admin/backups", {})).status).toBe(202);
    while ((await get(fresh, "/admin/jobs/1")).json.state === "running") await delay(50);
    for (const [path, body] of Object.entries({
      "/v1/saved-searches": { name: "All", search: {} },
      "/v1/tracks/1/comments": { text: "First" },
    }))
      expect((await post(fresh, path, body)).status).toBe(201);
    const metadata = await request(fresh, "PUT", "/v1/tracks/1/metadata/mood", { body: { value: "calm" } });
    expect(metadata.status).toBe(200);
    const [statement] = (await get(fresh, "/admin/queries")).json.data;
    for (const operation of operations.filter(({ method }) => method === "get")) {
      const path = operation.path
        .replace("/queries/{id}", `/queries/${statement.id}`)
        .replace("{key}", "mood")
        .replace("{backup}", "latest")
        .replaceAll(/\{\w+\}/g, "1");
      const query = (operation.doc.parameters ?? []).some(
        ({ name, required }: Json) => name === "q" && required,
      );
      const answer = await get(fresh, query ? `${path}?q=love` : path);
      const elsewhere = path.startsWith("/v1/oidc/") ? 422 : path.startsWith("/console/") ? 404 : 200;
      const expected = OWN.has(path) ? 401 : elsewhere;
      expect(answer.status, `${path}: ${answer.text.slice(0, 300)}`).toBe(expected);
      expectDescribed(operation, answer);
    }
  });

  test("POST of a play, of plays and of a track answers as described", async () => {
    const find = (path: string) =>
      operations.find((operation) => operation.method === "post" && operation.path === path)!;
    const track = { name: "x", media_type_id: 1, milliseconds: 1, unit_price: 1 };
    for (const [path, body] of [
      ["/v1/plays", { track_id: 1 }],
      ["/v1/plays", [{ track_id: 1, user_id: 3, played_at: "2026-01-01T00:00:00+01:00" }]],
      ["/v1/tracks", track],
    ] as const) {
      const answer = await post(fresh, path, body);
      expect(answer.status).toBe(201);
      expectDescribed(find(path), answer);
    }
  });
});

/**
 * About whoever asks: nobody is logged in here, and there is no provider to log in at. `test/people` asks them as
 * somebody.
 */
const OWN = new Set(["/v1/me", "/v1/me/export", "/v1/sessions", "/v1/keys", "/v1/identities"]);

test("every parameter's schema is a plain JSON Schema type", () => {
  const parameters = operations.flatMap(({ doc }) => doc.parameters ?? []);
  expect(parameters.length).toBeGreaterThan(50);
  for (const { name, schema } of parameters)
    expect(["string", "integer", "number"], `${name}: ${JSON.stringify(schema)}`).toContain(schema.type);
});
