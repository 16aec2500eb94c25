import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chinook, copyOf, get, type Json, sharedDatabase, type TestServer } from "../support/server.ts";

/** Turns on the generation of vectors, which test servers leave off. */
export const GENERATING = { CHINOOK_VECTOR_GENERATION: "1" };

/** Polls until no vector is due. */
export async function generated(server: TestServer): Promise<Json> {
  for (;;) {
    const { json } = await get(server, "/admin/vectors");
    const { lyric, metadata } = json.kinds;
    const due = json.spreads + lyric.pending + lyric.processing + metadata.pending + metadata.processing;
    if (due === 0) return json;
    await delay(20);
  }
}

/** A unit vector along one axis, and one between two. */
export const axis = (dimensions: number, at: number): number[] =>
  Array.from({ length: dimensions }, (_, i) => (i === at ? 1 : 0));
export const between = (dimensions: number, a: number, b: number): number[] =>
  Array.from({ length: dimensions }, (_, i) => (i === a || i === b ? 1 : 0));

/**
 * A database with its vectors, shared by all test files. Copy it before writing to it. The command takes seconds
 * where a server takes a minute: the server computes vectors only while it is idle.
 */
export const withVectors = (database: string): Promise<string> =>
  sharedDatabase(`${basename(database, ".sqlite")}-vectors`, async () => {
    const copy = copyOf(database);
    const { code, stderr } = await chinook(["vectors", "generate", "--database", copy]);
    if (code !== 0) throw new Error(`vectors generate ended with ${code}: ${stderr}`);
    return copy;
  });
