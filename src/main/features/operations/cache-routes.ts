import type { Cache } from "../../engine/cache/cache.ts";
import { actionRoute } from "../../http/action-route.ts";
import { noParameters, pathOf } from "../../http/input.ts";
import { empty } from "../../http/reply.ts";
import { type Route, route } from "../../http/route.ts";

const statsOf = (cache: Cache) => ({
  enabled: cache.enabled,
  entries: cache.entryCounts,
  bytes: cache.bytes,
  stale_fills_dropped: cache.counters.staleFills,
  invalidations: Object.fromEntries(cache.counters.invalidations),
});

export const cacheRoutes = (cache: Cache): Route[] => [
  actionRoute(
    { method: "GET", path: "/admin/cache", access: "operate:read", summary: "Cache statistics" },
    () => statsOf(cache),
  ),
  route({
    method: "DELETE",
    path: "/admin/cache",
    access: "operate",
    tag: "admin",
    summary: "Clear the cache",
    responses: { 204: { description: "Done." } },
    handle: (call) => {
      pathOf(call, noParameters);
      cache.clear();
      return empty(204);
    },
  }),
];
