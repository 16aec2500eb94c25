import { afterAll } from "vitest";
import { endNodes, RQLITED, type RqliteCluster, startRqlite as start } from "../../bench/support/rqlite.ts";
import { temporaryFolder } from "./server.ts";

/** The nodes of a test file, in folders of their own; ended when the file is done. */

export { eventually, RQLITED, type RqliteCluster, type RqliteNode } from "../../bench/support/rqlite.ts";

/** For the name of what is skipped. */
export const WITHOUT = RQLITED === undefined ? " (skipped: rqlited is not installed)" : "";

afterAll(endNodes);

export const startRqlite = (size: number): Promise<RqliteCluster> =>
  start({ folders: Array.from({ length: size }, temporaryFolder) });
