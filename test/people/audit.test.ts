import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { chinook, get, type Json, post, request } from "../support/server.ts";
import { bearer, operator, operatorToken, person, startRequired } from "./support.ts";

test("what operators have done is in it: backups, loads, maintenance, vectors; and what failed is not", async () => {
  await using server = await startRequired();
  const admin = await person(server, "admin@example.com", "admin");
  const settings = { CHINOOK_DATABASE: server.database };
  const generated = await chinook(["generate", "--tracks", "300", "--seed", "1"], settings);
  expect(generated.code, generated.stderr).toBe(0);
  const backup = await post(server, "/admin/backups", {}, admin.headers);
  expect(backup.status, backup.text).toBeLessThan(300);
  expect((await request(server, "DELETE", "/admin/cache", admin)).status).toBeLessThan(300);
  expect((await post(server, "/admin/backups/none/verify", {}, admin.headers)).status).toBeGreaterThan(399);
  const put = await request(server, "PUT", "/v1/tracks/1/vectors", {
    headers: admin.headers,
    body: { metadata: Array(64).fill(1) },
  });
  expect(put.status, put.text).toBeLessThan(300);

  const { data } = (await get(server, "/v1/audit?limit=100", admin.headers)).json;
  const told = data.map(({ principal, command, object, changes }: Json) =>
    [principal.startsWith("user:") ? "admin" : principal, command, changes?.request ?? object].join(" "),
  );
  expect(told).toEqual(
    expect.arrayContaining([
      "operator operate POST /admin/bulk/begin",
      "operator operate POST /admin/bulk/adopt",
      "admin operate POST /admin/backups",
      "admin operate DELETE /admin/cache",
      "admin vectors.put vectors:1",
    ]),
  );
  expect(told.join()).not.toMatch(/verify|POST \/admin\/bulk(?![/])/);
  expect(data[0].request_id).toBeTruthy();
});

test("a catalogue that is loaded into a running server leaves accounts, sessions and keys as they were", async () => {
  await using server = await startRequired();
  const admin = await person(server, "admin@example.com", "admin");
  const { key } = await operator(server, "key", "create", "--name", "k", "--scopes", "catalogue:read");
  const tracks = async () => (await get(server, "/v1/tracks?total=1", bearer(key))).json.total;
  expect(await tracks()).toBe(0);
  for (const size of [100, 200]) {
    const more = size === 200 ? ["--replace"] : [];
    const made = await chinook(["generate", "--tracks", String(size), "--seed", "1", ...more], {
      CHINOOK_DATABASE: server.database,
    });
    expect(made.code, made.stderr).toBe(0);
    expect(await tracks()).toBe(size);
  }
  expect((await get(server, "/v1/me", admin.headers)).json).toMatchObject({ id: admin.id, role: "admin" });
});

test("is kept for as long as the setting says, however much of it there is", async () => {
  const server = await startRequired();
  await person(server, "admin@example.com", "admin");
  expect(await server.stop()).toBe(0);
  const db = new Database(server.database);
  db.exec(`
    UPDATE audit SET id = id + 30000;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
    INSERT INTO audit (id, at, principal, command) SELECT i, '2020-01-01T00:00:00.000Z', 'user:1', 'old.entry' FROM n`);
  db.close();
  await using again = await startRequired({ CHINOOK_AUDIT_KEEP: "30d" }, server.database);
  const headers = bearer(await operatorToken(again));
  const commands = async (): Promise<string[]> =>
    (await get(again, "/v1/audit?limit=100", headers)).json.data.map(({ command }: Json) => command);
  await expect.poll(async () => (await commands()).filter((command) => command === "old.entry")).toEqual([]);
  expect(await commands()).toContain("users.create");
});
