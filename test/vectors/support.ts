import { setTimeout as delay } from "node:timers/promises";
import { get, type Json, type TestServer } from "../support/server.ts";

/** Tests have vectors computed only where they are about them. */
export const GENERATING = { CHINOOK_VECTOR_GENERATION: "1" };

/** Asks until nothing is due. */
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
