import { join } from "node:path";
import { chinook, sharedDatabase, temporaryFolder } from "./server.ts";

/** The path of an upstream file, or undefined: tests over it are skipped without one. */
export const sample = process.env.CHINOOK_SAMPLE;

/** The upstream file as a database, shared by all test files. Copy it before writing to it. */
export const importedSample = (): Promise<string> =>
  sharedDatabase("sample", async () => {
    const database = join(temporaryFolder(), "sample.sqlite");
    const { code, stderr } = await chinook(["import", sample!, "--database", database]);
    if (code !== 0) throw new Error(`import ended with ${code}: ${stderr}`);
    return database;
  });
