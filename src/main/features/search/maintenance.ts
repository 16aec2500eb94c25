import { type Connected, request } from "../../cli/database.ts";
import { FTS_ACTIONS, type FtsAction } from "./upkeep.ts";
import { learnAll } from "./vocabulary.ts";

/** Runs an action on the text index, through the server that holds the database or with this process's writer. */
export async function ftsThrough({ through }: Connected, action: FtsAction): Promise<unknown> {
  if (!("server" in through)) return FTS_ACTIONS[action](through.writes.commands);
  return JSON.parse(
    await request(through.server, action === "stats" ? "GET" : "POST", `/admin/fts/${action}`),
  );
}

/** Refreshes the query planner's statistics. Without a server, the vocabulary is updated first. */
export async function optimizeThrough({ through }: Connected): Promise<{ readonly ms: number }> {
  if ("server" in through) return JSON.parse(await request(through.server, "POST", "/admin/optimize"));
  await learnAll(through.writes.commands);
  return through.writes.storage.optimize();
}
