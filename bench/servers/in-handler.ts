import { Hono } from "hono";
import { listen } from "./serve.ts";
import { openDatabase, scanOf, trackSql } from "./sql.ts";

/**
 * What most people write: better-sqlite3 called in the handler, statements prepared once, WAL, every commit durable.
 * `tuned` hides the bound id from the planner (see ../DESIGN.md), which most people do not.
 */
const [, , file, variant] = process.argv;
const db = openDatabase(file!);
db.pragma("journal_mode = WAL");
db.pragma("synchronous = FULL");

const track = db.prepare(trackSql(variant === "tuned" ? "likely(@id)" : "@id"));
const play = db.prepare("INSERT INTO plays (track_id, played_at) VALUES (?, ?) RETURNING *");
const scan = db.prepare<[object], string>(scanOf(1).sql).pluck();

const app = new Hono();
app.get("/v1/tracks/:id", (c) => {
  const row = track.get({ id: Number(c.req.param("id")) });
  return row === undefined ? c.json({ error: "not found" }, 404) : c.json(row);
});
app.post("/v1/plays", async (c) => {
  const { track_id } = await c.req.json();
  return c.json(play.get(track_id, new Date().toISOString()), 201);
});
app.get("/v1/charts/artists", (c) => {
  const { params } = scanOf(Number.parseInt(c.req.query("window") ?? "7d", 10));
  return c.body(scan.get(params)!, 200, { "content-type": "application/json" });
});
listen(app);
