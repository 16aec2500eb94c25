import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import openapiTS, { astToString } from "openapi-typescript";

/** Makes `schema.ts`, the client's types, of the API description of the server beside it. */

const BIN = resolve(import.meta.dirname, "../bin/chinook.cjs");
const HEADER = "// Made of /openapi.json by client/build.ts.\n\n";

/** As a server of an empty database tells it. */
async function description(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "chinook-client-"));
  const where = ["--port", "0", "--demo", "0", "--log", "silent", "--database", join(folder, "empty.sqlite")];
  const server = spawn(process.execPath, [BIN, "serve", ...where], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit");
  try {
    const [line] = await once(createInterface({ input: server.stdout }), "line");
    const url = /http:\/\/\S+/.exec(String(line))![0];
    return await (await fetch(`${url}/openapi.json`)).text();
  } finally {
    server.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

const types = await openapiTS(await description());
writeFileSync(join(import.meta.dirname, "schema.ts"), HEADER + astToString(types));
