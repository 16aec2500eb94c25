import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONTENT, RELATIONS } from "../../src/main/features/catalogue/bin/relations.ts";
import { ALL_KINDS } from "../../src/main/model/kinds.ts";
import { expectProblem } from "../http/helpers.ts";
import { type Person, person, startRequired } from "../people/support.ts";
import {
  copyOf,
  get,
  type Json,
  makeCatalogue,
  patch,
  post,
  remove,
  request,
  type TestServer,
} from "../support/server.ts";

let server: TestServer;
let ada: Person;
let eve: Person;
let editor: Person;
beforeAll(async () => {
  server = await startRequired({}, copyOf(await makeCatalogue()));
  ada = await person(server, "ada@example.com", "listener", "Ada");
  eve = await person(server, "eve@example.com", "listener", "Eve");
  editor = await person(server, "editor@example.com", "editor");
}, 60_000);
afterAll(async () => {
  expect(await server.stop()).toBe(0);
});

const newest = async (who: Person, path = "/v1/bin"): Promise<Json> =>
  (await get(server, `${path}?limit=1`, who.headers)).json.data[0];
const restore = (who: Person, id: number) =>
  request(server, "POST", `/v1/bin/${id}/restore`, { headers: who.headers });
const show = async (path: string, who: Person) => (await get(server, path, who.headers)).json;

async function track(more: Json = {}): Promise<Json> {
  const body = { name: "Doomed", media_type_id: 1, milliseconds: 1_000, unit_price: 1, ...more };
  return (await post(server, "/v1/tracks", body, editor.headers)).json;
}

test("a track comes back with its id and everything that went with it", async () => {
  const { id } = await track({ album_id: 1, track_number: 3 });
  const path = `/v1/tracks/${id}`;
  const { json: list } = await post(server, "/v1/playlists", { name: "Has it" }, ada.headers);
  await request(server, "PUT", `/v1/playlists/${list.id}/tracks`, {
    headers: ada.headers,
    body: { track_ids: [1, id, 2] },
  });
  await post(server, `${path}/tags`, { name: "Calm" }, editor.headers);
  await request(server, "PUT", `${path}/metadata/bpm`, { headers: editor.headers, body: { value: 120 } });
  await request(server, "PUT", `/v1/ratings/tracks/${id}`, { headers: ada.headers, body: { stars: 4 } });
  await request(server, "PUT", `/v1/favourites/tracks/${id}`, { headers: eve.headers });
  const { json: first } = await post(server, `${path}/comments`, { text: "One" }, ada.headers);
  await post(server, `${path}/comments`, { text: "Two", parent_id: first.id }, eve.headers);
  const paths = [
    path,
    `${path}/tags`,
    `${path}/metadata`,
    `${path}/comments`,
    `/v1/comments/${first.id}/replies`,
  ];
  const own = [`/v1/playlists/${list.id}/tracks`, "/v1/ratings", "/v1/search?q=doomed"];
  const seen = async () => [
    ...(await Promise.all(paths.map((at) => show(at, editor)))),
    ...(await Promise.all(own.map((at) => show(at, ada)))).map(({ data }) =>
      data.map(({ id, position, stars }: Json) => [id, position, stars]),
    ),
    (await show("/v1/favourites", eve)).data.length,
  ];
  // A reply has bumped the comment's version; the versions of what comes back go on from there.
  const before = await seen();
  expect((await remove(server, path, editor.headers)).status).toBe(204);
  expect((await show(`/v1/playlists/${list.id}`, ada)).track_count).toBe(2);
  const entry = await newest(editor);
  expect(entry).toMatchObject({ kind: "tracks", entity_id: id, name: "Doomed" });
  expectProblem(await restore(ada, entry.id), 404, "not_found");
  const restored = await restore(editor, entry.id);
  expect([restored.status, restored.json.id]).toEqual([200, id]);
  expect(await seen()).toEqual(before);
  expectProblem(await restore(editor, entry.id), 404, "not_found");
  expect((await newest(editor))?.id).not.toBe(entry.id);
});

test("what it refers to must be there, and comes back first", async () => {
  const { json: artist } = await post(server, "/v1/artists", { name: "Parent" }, editor.headers);
  const { json: album } = await post(
    server,
    "/v1/albums",
    { title: "Child", artist_id: artist.id },
    editor.headers,
  );
  expectProblem(await remove(server, `/v1/artists/${artist.id}`, editor.headers), 409, "in_use");
  await remove(server, `/v1/albums/${album.id}`, editor.headers);
  const child = await newest(editor);
  await remove(server, `/v1/artists/${artist.id}`, editor.headers);
  const parent = await newest(editor);
  expect([child.entity_id, parent.entity_id]).toEqual([album.id, artist.id]);
  expectProblem(await restore(editor, child.id), 422, "reference_unknown");
  expect((await restore(editor, parent.id)).status).toBe(200);
  expect((await restore(editor, child.id)).json).toMatchObject({ title: "Child", artist_name: "Parent" });
});

test("a deletion that is refused leaves nothing in the bin", async () => {
  const { id } = await track({ name: "Stays" });
  expectProblem(
    await remove(server, `/v1/tracks/${id}`, { ...editor.headers, "if-match": '"other"' }),
    412,
    "precondition_failed",
  );
  expect(JSON.stringify(await show("/v1/bin", editor))).not.toContain("Stays");
});

test("a playlist is its owner's in the bin too, and a deleted account leaves nothing there", async () => {
  const gus = await person(server, "gus@example.com", "listener", "Gus");
  const { json: list } = await post(
    server,
    "/v1/playlists",
    { name: "Gustav's own", visibility: "public" },
    gus.headers,
  );
  await post(server, `/v1/playlists/${list.id}/tracks`, { track_id: 1 }, gus.headers);
  await remove(server, `/v1/playlists/${list.id}`, gus.headers);
  const entry = await newest(gus, "/v1/me/bin");
  expect(entry).toMatchObject({ kind: "playlists", entity_id: list.id });
  for (const other of [eve, editor]) {
    expect(JSON.stringify([await show("/v1/me/bin", other)])).not.toContain("Gustav");
    expectProblem(await restore(other, entry.id), 404, "not_found");
  }
  expect(JSON.stringify(await show("/v1/bin", editor))).not.toContain("Gustav");
  expect((await restore(gus, entry.id)).json).toMatchObject({ owner_id: gus.id, track_count: 1 });
  await remove(server, `/v1/playlists/${list.id}`, gus.headers);
  const { id } = await track({ name: "Commented" });
  await post(server, `/v1/tracks/${id}/comments`, { text: "Gustav was here" }, gus.headers);
  await post(server, `/v1/tracks/${id}/comments`, { text: "So was Eve" }, eve.headers);
  await remove(server, `/v1/tracks/${id}`, editor.headers);
  expect((await remove(server, "/v1/me", gus.headers)).status).toBe(204);
  const db = new Database(server.database, { readonly: true });
  const left = JSON.stringify(db.prepare("SELECT * FROM deleted_entities").all());
  db.close();
  expect(left).not.toContain("Gustav");
  expect((await restore(editor, (await newest(editor)).id)).json).toMatchObject({ id, comment_count: 1 });
});

test("a name may change meanwhile: what is restored is as it was deleted", async () => {
  const { id } = await track({ name: "Before" });
  await patch(server, `/v1/tracks/${id}`, { name: "After" }, editor.headers);
  await remove(server, `/v1/tracks/${id}`, editor.headers);
  expect((await restore(editor, (await newest(editor)).id)).json.name).toBe("After");
});

test("every column is kept, but for counts that triggers keep", () => {
  const db = new Database(server.database, { readonly: true });
  const columns = (table: string) =>
    db.prepare<[string], string>("SELECT name FROM pragma_table_info(?)").pluck().all(table);
  const kept = [
    ...ALL_KINDS.map(({ path, table }) => [table, CONTENT[path]] as const),
    ...Object.values(RELATIONS)
      .flat()
      .map(({ table, columns }) => [table, columns] as const),
  ];
  const counts = new Set(["comment_count", "track_count", "reply_count"]);
  for (const [table, known] of kept) {
    const all = columns(table).filter(
      (column) => !(counts.has(column) || (table === "playlists" && column === "milliseconds")),
    );
    expect([...known].toSorted(), table).toEqual(all.toSorted());
  }
  db.close();
});
