import { serve } from "@hono/node-server";
import type { Hono } from "hono";

/** Listens on a free port of the loopback and prints one line with the URL, as `chinook serve` does. */
export function listen(app: Hono): void {
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
    process.stdout.write(`listens on http://127.0.0.1:${port}\n`),
  );
}
