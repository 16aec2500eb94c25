import { cpSync, existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { value } from "../http/helpers.ts";
import { copyOf, makeCatalogue, startServer, temporaryFolder } from "../support/server.ts";
import { run } from "../support/tools.ts";

/** The published client, made in a copy, because the checkout is not the test's to change. */

const ROOT = resolve(import.meta.dirname, "../..");
const GENERATOR = "client/node_modules/openapi-typescript";
const installed = existsSync(join(ROOT, GENERATOR));
const reason = installed ? "" : ` (skipped: there is no ${GENERATOR}; npm ci brings it)`;

const COPIED = [
  "package.json",
  "tsconfig.json",
  "client/index.ts",
  "client/build.ts",
  "client/tsconfig.json",
  "client/package.json",
];
const LINKED = ["bin", "node_modules", "client/node_modules"];

function copyOfClient(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "client"));
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name));
  for (const name of LINKED) symlinkSync(join(ROOT, name), join(folder, name));
  for (const name of ["sample.ts", "tsconfig.json"])
    cpSync(join(import.meta.dirname, name), join(folder, "sample", name));
  return folder;
}

describe.skipIf(!installed)(`chinook-server/client${reason}`, () => {
  let folder: string;
  beforeAll(() => {
    folder = copyOfClient();
    const { code, said } = run("npm", ["run", "build:client"], folder);
    expect(code, said).toBe(0);
  }, 120_000);

  test.each([
    ["the server's TypeScript", "node_modules/typescript/bin/tsc"],
    ["an older TypeScript", "client/node_modules/typescript/bin/tsc"],
  ])("%s accepts a correct program and rejects wrong uses", (_, compiler) => {
    const { code, said } = run(process.execPath, [join(folder, compiler), "-p", "sample"], folder);
    expect({ code, said }).toEqual({ code: 0, said: "" });
  });

  test("the program's results match its types", async () => {
    await using server = await startServer({}, { database: copyOf(await makeCatalogue()) });
    const before = value(server, "SELECT count(*) FROM tracks");
    const { code, said } = run(process.execPath, [join(folder, "sample/sample.ts"), server.url], folder);
    expect(code, said).toBe(0);
    expect(JSON.parse(said)).toEqual({
      added: "Sample",
      changed: "Sampled again",
      conflict: "precondition_failed",
      total: 1,
      first: "Sampled again",
      walked: before + 1,
      refused: "not_found",
    });
  });
});
