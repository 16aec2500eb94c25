import type { Command } from "commander";
import { request } from "../../cli/database.ts";
import { onDatabase, serverOf } from "../../cli/options.ts";
import { columns, print, rowsOf } from "../../cli/output.ts";

interface CacheStats {
  readonly enabled: boolean;
  readonly entries: Readonly<Record<string, number>>;
  readonly bytes: Readonly<Record<string, number>>;
  readonly stale_fills_dropped: number;
  readonly invalidations: Readonly<Record<string, number>>;
}

/** Requests that warm the cache: the first page of each list, and the charts. */
const WARM = [
  "/v1/artists",
  "/v1/albums",
  "/v1/tracks",
  "/v1/genres",
  "/v1/media-types",
  "/v1/playlists",
  "/v1/charts/tracks",
  "/v1/charts/albums",
  "/v1/charts/artists",
  "/v1/charts/genres",
];

export function cacheCommands(program: Command): void {
  const cache = program.command("cache").description("show, warm or empty the running server's cache");
  onDatabase(cache.command("stats")).description("show the cache's content and hit rates").action(stats);
  onDatabase(cache.command("warm")).description("request the first pages and the charts").action(warm);
  onDatabase(cache.command("clear")).description("empty it").action(clear);
}

async function stats(options: { json?: boolean }): Promise<void> {
  const figures = JSON.parse(await request(await serverOf(options), "GET", "/admin/cache")) as CacheStats;
  const { entries, bytes, invalidations, ...rest } = figures;
  print(options.json, figures, () =>
    [
      columns(rowsOf(rest)),
      `entries\n${columns(rowsOf(entries))}`,
      `bytes\n${columns(rowsOf(bytes))}`,
      ...(Object.keys(invalidations).length === 0
        ? []
        : [`tags touched\n${columns(touched(invalidations))}`]),
    ].join("\n"),
  );
}

const touched = (invalidations: CacheStats["invalidations"]): [string, string | number][] =>
  rowsOf(invalidations).map(([tag, count]) => [tag === "*" ? "everything" : tag, count]);

async function warm(options: { json?: boolean }): Promise<void> {
  const server = await serverOf(options);
  for (const path of WARM) await request(server, "GET", path);
  print(options.json, { warmed: WARM.length }, () => `${WARM.length} answers are warm`);
}

async function clear(options: { json?: boolean }): Promise<void> {
  await request(await serverOf(options), "DELETE", "/admin/cache");
  print(options.json, { cleared: true }, () => "the cache is empty");
}
