import { execFile } from "node:child_process";
import { join } from "node:path";
import type { Json } from "../support/server.ts";

/** Runs a command of this folder to its end, as npm does. */
export function runScript(
  script: string,
  ...args: readonly string[]
): Promise<{ code: number; stdout: string; stderr: string; json: Json }> {
  const { promise, resolve } = Promise.withResolvers<Awaited<ReturnType<typeof runScript>>>();
  execFile(process.execPath, [join(import.meta.dirname, script), ...args], (error, stdout, stderr) => {
    const code = typeof error?.code === "number" ? error.code : error === null ? 0 : -1;
    resolve({ code, stdout, stderr, json: stdout.startsWith("{") ? JSON.parse(stdout) : undefined });
  });
  return promise;
}
