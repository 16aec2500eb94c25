import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { get, type Json, startServer, type TestServer, temporaryFolder } from "../support/server.ts";
import { findProgram, run } from "../support/tools.ts";

let server: TestServer;
let folder: string;
let document: Json;
beforeAll(async () => {
  server = await startServer();
  folder = temporaryFolder();
  const { text, json } = await get(server, "/openapi.json");
  document = json;
  writeFileSync(join(folder, "openapi.json"), text);
});
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const redocly = findProgram("redocly");
const spectral = findProgram("spectral");
const skipped = (program: string | undefined, name: string) =>
  program === undefined ? ` (skipped: no ${name} on the PATH)` : "";

test.skipIf(redocly === undefined)(
  `Redocly reports no problems${skipped(redocly, "redocly")}`,
  () => {
    const config = join(import.meta.dirname, "redocly.yaml");
    const { code, said } = run(redocly!, ["lint", "openapi.json", "--config", config], folder);
    expect({
      code,
      problems: /error|warning/.test(said.replace(/^.*recommended.*$/m, "")) ? said : "",
    }).toEqual({
      code: 0,
      problems: "",
    });
  },
  300_000,
);

test.skipIf(spectral === undefined)(
  `Spectral reports no problems${skipped(spectral, "spectral")}`,
  () => {
    const rules = join(import.meta.dirname, "spectral.yaml");
    const args = ["lint", "openapi.json", "--ruleset", rules, "--fail-severity", "hint"];
    const { code, said } = run(spectral!, args, folder);
    expect(code, said).toBe(0);
  },
  300_000,
);

const operations = (): Json[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Json).map(([method, operation]) => ({ method, path, ...(operation as Json) })),
  );

describe("rules beyond the linters", () => {
  test("every tag is described and used", () => {
    const used = new Set(operations().flatMap(({ tags }) => tags));
    expect(new Set(document.tags.map(({ name }: Json) => name))).toEqual(used);
    for (const { name, description } of document.tags) expect(description, name).toMatch(/\w.+\.$/);
  });

  test("a track is one schema in all requests and responses", () => {
    const names = Object.keys(document.components.schemas);
    for (const type of ["Artist", "Album", "Track", "Genre", "MediaType", "Playlist"])
      expect(names).toEqual(expect.arrayContaining([type, `${type}Page`, `New${type}`, `${type}Changes`]));
    expect(names.filter((name) => /(Input|Output)$/.test(name))).toEqual([]);
    const { schemas } = document.components;
    expect(schemas.TrackPage.properties.data.items).toEqual({ $ref: "#/components/schemas/Track" });
  });

  test("every catalogue and listener response has a named schema", () => {
    for (const { method, path, responses } of operations().filter(({ path }) => path.startsWith("/v1/"))) {
      const good = Object.entries(responses as Json).find(([status]) => /^20[01]$/.test(status));
      const schema = (good?.[1] as Json)?.content?.["application/json"]?.schema;
      if (schema === undefined) continue;
      for (const shape of schema.anyOf ?? [schema]) expect(shape.$ref, `${method} ${path}`).toBeDefined();
    }
  });

  test("every request parameter and response header has a description", () => {
    for (const { parameters = [], responses } of operations()) {
      for (const { in: place, name, description } of parameters)
        if (place === "header") expect(description, name).toMatch(/\w/);
      for (const answer of Object.values(responses) as Json[])
        for (const { $ref } of Object.values(answer.headers) as Json[])
          expect(document.components.headers[$ref.split("/").at(-1)].description).toMatch(/\w/);
    }
  });
});
