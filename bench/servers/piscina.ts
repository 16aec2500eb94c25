import { availableParallelism } from "node:os";
import { Hono } from "hono";
import { Piscina } from "piscina";
import { listen } from "./serve.ts";

/** The obvious way off the main thread: one Piscina task for each request, a row back, a thread for each core. */
const threads = availableParallelism();
const pool = new Piscina<number, object | undefined>({
  filename: new URL("./piscina-worker.ts", import.meta.url).href,
  workerData: process.argv[2],
  minThreads: threads,
  maxThreads: threads,
});

const app = new Hono();
app.get("/v1/tracks/:id", async (c) => {
  const row = await pool.run(Number(c.req.param("id")));
  return row === undefined ? c.json({ error: "not found" }, 404) : c.json(row);
});
listen(app);
