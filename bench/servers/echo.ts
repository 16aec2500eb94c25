import { Hono } from "hono";
import { listen } from "./app.ts";

/** The maximum for writes: the body is parsed and returned, and nothing is stored. */
listen(new Hono().post("/v1/plays", async (c) => c.json(await c.req.json(), 201)));
