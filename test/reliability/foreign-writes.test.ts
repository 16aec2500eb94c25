import Database from "better-sqlite3";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { copyOf, get, makeCatalogue, post, startServer, type TestServer } from "../support/server.ts";

let catalogue: string;
beforeAll(async () => {
  catalogue = await makeCatalogue(50);
});

const WARNING = "another program has written to the database";

/** Another program, such as `sqlite3` at a terminal. */
function program(server: TestServer): Database.Database {
  const db = new Database(server.database);
  onTestFinished(() => void db.close());
  return db;
}

const nameOf = async (server: TestServer): Promise<string> => (await get(server, "/v1/artists/1")).json.name;

describe("a write by another program", () => {
  test("invalidates cached answers and is logged", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    await nameOf(server);
    expect((await get(server, "/v1/artists/1")).headers.get("cache-status")).toContain("hit");
    program(server).exec("UPDATE artists SET name = 'By hand' WHERE id = 1");
    // Far fewer than an answer's lifetime has room for.
    for (let asked = 0; (await nameOf(server)) !== "By hand" && asked < 20_000; asked++);
    expect(await nameOf(server)).toBe("By hand");
    await server.stop();
    expect(server.stderr()).toContain(WARNING);
  });

  test("is distinguished from the server's own writes and checkpoints", async () => {
    await using server = await startServer({}, { database: copyOf(catalogue) });
    for (let i = 0; i < 30; i++) {
      expect((await post(server, "/v1/artists", { name: `Own ${i}` })).status).toBe(201);
      if (i % 10 === 0) await post(server, "/admin/checkpoint", undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
    program(server).prepare("SELECT count(*) FROM artists").get();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.stop();
    expect(server.stderr()).not.toContain(WARNING);
  });
});
