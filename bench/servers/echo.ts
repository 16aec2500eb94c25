import { Hono } from "hono";
import { listen } from "./app.ts";

/** The ceiling of writes: the body is parsed and given back, and nothing is kept. */
listen(new Hono().post("/v1/plays", async (c) => c.json(await c.req.json(), 201)));
