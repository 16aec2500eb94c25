import { serve } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Body, Play, Track } from "./executor.ts";
import { paramsOf, type ReadName, SERVED } from "./reads.ts";

type Later<T> = T | Promise<T>;

/** The reads and writes of a baseline. All baselines share the routes. */
export interface Backend {
  read(name: ReadName, params: object): Later<Body>;
  play(play: Play): Later<Body>;
  rename(track: Track): Later<Body>;
}

const JSON_TEXT = { "content-type": "application/json" };

function answer(c: Context, body: Body, status: 200 | 201 = 200): Response {
  if (body === undefined) return c.json({ error: "not found" }, 404);
  return typeof body === "string" ? c.body(body, status, JSON_TEXT) : c.json(body, status);
}

/** The routes of `reads.ts`, a play, and a track's composer. A synchronous backend is answered synchronously. */
export function routesOver(backend: Backend): Hono {
  const app = new Hono();
  for (const name of Object.keys(SERVED) as ReadName[]) {
    app.get(SERVED[name].path, (c) => {
      const body = backend.read(name, paramsOf(name, { ...c.req.query(), ...c.req.param() }));
      return body instanceof Promise
        ? body.then<Response>((later: Body) => answer(c, later))
        : answer(c, body);
    });
  }
  app.post("/v1/plays", async (c) => answer(c, await backend.play(await c.req.json()), 201));
  app.patch("/v1/tracks/:id", async (c) => {
    const { composer } = await c.req.json();
    return answer(c, await backend.rename({ id: Number(c.req.param("id")), composer }));
  });
  return app;
}

/** Listens on a free loopback port and prints one line with the URL, as `chinook serve` does. */
export function listen(app: Hono): void {
  serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) =>
    process.stdout.write(`listens on http://127.0.0.1:${port}\n`),
  );
}
