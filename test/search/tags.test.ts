import { afterAll, beforeAll, expect, test } from "vitest";
import { column } from "../http/helpers.ts";
import { get, post, remove, startServer, type TestServer } from "../support/server.ts";
import { addSongs, type Ids, namesOf } from "./support.ts";

let server: TestServer;
let ids: Ids;

beforeAll(async () => {
  server = await startServer();
  ids = await addSongs(server, [{ name: "Night Drive" }, { name: "Night Shift" }, { name: "Night Owl" }]);
}, 60_000);
afterAll(() => server.stop());

const tagsOf = (track: string) => `/v1/tracks/${ids[track]}/tags`;
const slugs = async (path: string): Promise<string[]> =>
  (await get(server, path)).json.data.map(({ slug }: { slug: string }) => slug);

test("a tag is created, shared, searched by, removed and deleted with its last track", async () => {
  const made = await post(server, tagsOf("Night Drive"), { name: "Late Night" });
  expect(made.status).toBe(201);
  expect(made.json).toEqual({
    ...{ id: expect.any(Number), slug: "late-night", name: "Late Night", type: "tag" },
    added_at: expect.any(String),
  });
  expect((await get(server, "/v1/search?q=night&tag=late-night")).headers.get("cache-status")).toContain(
    "miss",
  );
  expect((await post(server, tagsOf("Night Owl"), { name: "late night" })).json.name).toBe("Late Night");
  expect(namesOf((await get(server, "/v1/search?q=night&tag=Late+Night")).json).toSorted()).toEqual([
    "Night Drive",
    "Night Owl",
  ]);
  expect(await slugs(tagsOf("Night Owl"))).toEqual(["late-night"]);
  expect((await remove(server, `${tagsOf("Night Drive")}/late-night`)).status).toBe(204);
  expect(await slugs("/v1/tags")).toEqual(["late-night"]);
  expect(await slugs(tagsOf("Night Drive"))).toEqual([]);
  expect((await remove(server, `${tagsOf("Night Owl")}/Late%20Night`)).status).toBe(204);
  expect(await slugs("/v1/tags")).toEqual([]);
  expect(namesOf((await get(server, "/v1/search?q=night&tag=late-night")).json)).toEqual([]);
});

test("duplicate, empty and letterless tags", async () => {
  expect((await post(server, tagsOf("Night Shift"), { name: "calm" })).status).toBe(201);
  expect((await post(server, tagsOf("Night Shift"), { name: "Calm" })).status).toBe(409);
  expect((await post(server, "/v1/tracks/999999/tags", { name: "lost" })).status).toBe(404);
  expect(await slugs("/v1/tags")).toEqual(["calm"]);
  for (const body of [
    { name: "🎸" },
    { name: "" },
    {},
    { name: "a", colour: "blue" },
    { name: "x".repeat(61) },
  ])
    expect((await post(server, tagsOf("Night Shift"), body)).status).toBe(422);
  expect((await remove(server, `${tagsOf("Night Shift")}/unknown`)).status).toBe(404);
  expect((await get(server, "/v1/tracks/999999/tags")).status).toBe(404);
});

test("removing a tag from another track leaves a deleted track's tag unchanged", async () => {
  const { json } = await post(server, "/v1/tracks", {
    ...{ name: "Passing", media_type_id: 1, milliseconds: 1, unit_price: 1 },
  });
  await post(server, `/v1/tracks/${json.id}/tags`, { name: "orphan" });
  await remove(server, `/v1/tracks/${json.id}`);
  const before = await slugs("/v1/tags");
  expect(before).toContain("orphan");
  expect((await remove(server, `${tagsOf("Night Shift")}/orphan`)).status).toBe(404);
  expect(column(server, "SELECT slug FROM tags ORDER BY slug")).toEqual(before);
  expect(await slugs("/v1/tags")).toEqual(before);
  expect((await post(server, tagsOf("Night Shift"), { name: "orphan" })).status).toBe(201);
  expect((await remove(server, `${tagsOf("Night Shift")}/orphan`)).status).toBe(204);
});

test("a repeated Idempotency-Key tags once", async () => {
  const key = { "idempotency-key": "tag-1" };
  const first = await post(server, tagsOf("Night Drive"), { name: "once" }, key);
  const again = await post(server, tagsOf("Night Drive"), { name: "once" }, key);
  expect([first.status, again.status, again.text]).toEqual([201, 201, first.text]);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
});

test("the list has pages; deleting a track removes its tags", async () => {
  for (const name of ["Zen", "Ambient", "Éclair"]) await post(server, tagsOf("Night Owl"), { name });
  const first = (await get(server, "/v1/tags?limit=3")).json;
  const rest = (await get(server, `/v1/tags?limit=3&cursor=${first.next}`)).json;
  expect([...namesOf(first), ...namesOf(rest)]).toEqual(["Ambient", "calm", "Éclair", "once", "Zen"]);
  expect(rest.next).toBeNull();
  expect((await remove(server, `/v1/tracks/${ids["Night Owl"]}`)).status).toBe(204);
  expect((await get(server, tagsOf("Night Owl"))).status).toBe(404);
});
