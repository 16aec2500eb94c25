import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem } from "../http/helpers.ts";
import {
  type Answer,
  get,
  type Json,
  patch,
  post,
  remove,
  request,
  startServer,
  type TestServer,
} from "../support/server.ts";
import { addSongs, type Ids, namesOf } from "./support.ts";

/** Tags of types, with broader ones and synonyms. */

let server: TestServer;
let ids: Ids;

beforeAll(async () => {
  server = await startServer();
  ids = await addSongs(
    server,
    ["Loud", "Calm", "Still", "Hushed", "Plain"].map((name) => ({ name })),
  );
}, 60_000);
afterAll(() => server.stop());

async function tag(name: string, more: Json = {}): Promise<Json> {
  const { status, json } = await post(server, "/v1/tags", { name, ...more });
  expect(status).toBe(201);
  return json;
}
const put = (track: string, body: Json) => post(server, `/v1/tracks/${ids[track]}/tags`, body);
/** Of a list and a search, which must agree; by name. */
async function tagged(by: string): Promise<string[]> {
  const wanted = encodeURIComponent(by);
  const paths = ["/v1/tracks?", "/v1/search?"];
  const found = await Promise.all(
    paths.map(async (path) => namesOf((await get(server, `${path}tag=${wanted}`)).json)),
  );
  expect(found[1]!.toSorted()).toEqual(found[0]!.toSorted());
  return found[0]!.toSorted();
}

test("a taxonomy is created, searched with its narrower tags, renamed, moved and merged", async () => {
  const mood = { type: "mood" };
  const calm = await tag("Calm", { ...mood, synonyms: ["Mellow", "At ease"] });
  const still = await tag("Still", { ...mood, parent_id: calm.id });
  const hushed = await tag("Hushed", { ...mood, parent_id: still.id });
  expect(calm).toMatchObject({ slug: "calm", parent_id: null, synonyms: ["Mellow", "At ease"] });
  await put("Calm", { name: "mellow" });
  await put("Still", { name: "still", type: "mood" });
  await put("Hushed", { name: "Hushed" });
  await put("Plain", { name: "calm", type: "tag" });
  expect(await tagged("mood:calm")).toEqual(["Calm", "Hushed", "Still"]);
  expect(await tagged("AT EASE")).toEqual(["Calm", "Hushed", "Still"]);
  expect(await tagged("calm")).toEqual(["Calm", "Hushed", "Plain", "Still"]);
  expect(await tagged("mood:calm,hushed")).toEqual(["Hushed"]);
  expect(await tagged("tag:calm")).toEqual(["Plain"]);
  // Renamed, and asked for again: nothing that is cached is old.
  await patch(server, `/v1/tags/${still.id}`, { name: "Quiet" });
  expect((await get(server, `/v1/tracks/${ids.Still}/tags`)).json.data).toMatchObject([{ slug: "quiet" }]);
  expect(await tagged("still")).toEqual([]);
  expect(await tagged("quiet")).toEqual(["Hushed", "Still"]);
  await patch(server, `/v1/tags/${hushed.id}`, { parent_id: null });
  expect(await tagged("quiet")).toEqual(["Still"]);
  await patch(server, `/v1/tags/${hushed.id}`, { parent_id: still.id });
  const merged = await post(server, `/v1/tags/${still.id}/merge`, { into: calm.id });
  expect(merged.status).toBe(200);
  expect(merged.json.synonyms).toEqual(["Mellow", "At ease", "Quiet"]);
  expectProblem(await get(server, `/v1/tags/${still.id}`), 404, "not_found");
  expect((await get(server, `/v1/tags/${hushed.id}`)).json.parent_id).toBe(calm.id);
  expect(await tagged("quiet")).toEqual(["Calm", "Hushed", "Still"]);
  expect((await get(server, `/v1/tracks/${ids.Still}/tags`)).json.data).toMatchObject([
    { slug: "calm", type: "mood" },
  ]);
  // A free word joins the taxonomy.
  const [plain] = (await get(server, "/v1/tags?type=tag&slug=calm")).json.data;
  await post(server, `/v1/tags/${plain.id}/merge`, { into: calm.id });
  expect(await tagged("mood:calm")).toEqual(["Calm", "Hushed", "Plain", "Still"]);
  expect((await remove(server, `/v1/tracks/${ids.Plain}/tags/mellow`)).status).toBe(204);
  expect(await tagged("calm")).toEqual(["Calm", "Hushed", "Still"]);
});

test("a typed tag stays without tracks, and is restored from the bin with its tracks", async () => {
  const era = await tag("Sixties", { type: "era" });
  await put("Loud", { name: "sixties" });
  await remove(server, `/v1/tracks/${ids.Loud}/tags/era:sixties`);
  expect((await get(server, `/v1/tags/${era.id}`)).status).toBe(200);
  await put("Loud", { name: "sixties" });
  expect((await remove(server, `/v1/tags/${era.id}`)).status).toBe(204);
  expect(await tagged("sixties")).toEqual([]);
  const [entry] = (await get(server, "/v1/bin?limit=1")).json.data;
  expect(entry).toMatchObject({ kind: "tags", entity_id: era.id, name: "Sixties" });
  await request(server, "POST", `/v1/bin/${entry.id}/restore`);
  expect(await tagged("era:sixties")).toEqual(["Loud"]);
});

test("cycles, deep chains, mixed types and duplicate names are refused", async () => {
  const style = { type: "style" };
  const chain = [await tag("Style 1", style)];
  for (let n = 2; n <= 8; n++) chain.push(await tag(`Style ${n}`, { ...style, parent_id: chain.at(-1).id }));
  const [first, second] = chain;
  const refused = async (answer: Promise<Answer>, pointer: string, code = "invalid") =>
    expect(expectProblem(await answer, 422, code).errors[0].pointer).toBe(pointer);
  await refused(
    post(server, "/v1/tags", { name: "Style 9", ...style, parent_id: chain[7].id }),
    "/parent_id",
  );
  await refused(patch(server, `/v1/tags/${first.id}`, { parent_id: second.id }), "/parent_id");
  await refused(patch(server, `/v1/tags/${first.id}`, { parent_id: first.id }), "/parent_id");
  await refused(patch(server, `/v1/tags/${first.id}`, { type: "mood" }), "/type");
  await refused(post(server, "/v1/tags", { name: "X", type: "mood", parent_id: first.id }), "/parent_id");
  await refused(post(server, `/v1/tags/${first.id}/merge`, { into: chain[3].id }), "/into");
  await refused(post(server, `/v1/tags/${first.id}/merge`, { into: first.id }), "/into");
  await refused(post(server, `/v1/tags/${first.id}/merge`, { into: 987654 }), "/into", "reference_unknown");
  const top = await tag("Style 0", style);
  await refused(patch(server, `/v1/tags/${first.id}`, { parent_id: top.id }), "/parent_id");
  expectProblem(await post(server, "/v1/tags", { name: "style-1", ...style }), 409, "already_exists");
  expectProblem(
    await post(server, "/v1/tags", { name: "Y", ...style, synonyms: ["STYLE 2"] }),
    409,
    "already_exists",
  );
  expectProblem(await remove(server, `/v1/tags/${first.id}`), 409, "in_use");
  expect((await get(server, "/v1/tags?type=style&total=1")).json.total).toBe(9);
  expect((await get(server, `/v1/tags?parent_id=${first.id}`)).json.data).toMatchObject([
    { name: "Style 2" },
  ]);
  for (const wrong of ["", "%20", "a,b,c,d,e", "mood:", "%F0%9F%8E%B8"])
    expectProblem(await get(server, `/v1/tracks?tag=${wrong}`), 422, "invalid");
});

test("saved searches filter by tags, and the feed of changes reports tags", async () => {
  const { next } = (await get(server, "/v1/changes")).json;
  const made = await tag("Piano", { type: "instrument" });
  const grand = await tag("Grand piano", { type: "instrument", parent_id: made.id });
  await put("Loud", { name: "grand piano" });
  const saved = await post(server, "/v1/saved-searches", {
    name: "Pianos",
    search: { tag: "instrument:piano" },
  });
  const found = async () => namesOf((await get(server, `/v1/saved-searches/${saved.json.id}/tracks`)).json);
  expect(await found()).toEqual(["Loud"]);
  await patch(server, `/v1/tags/${grand.id}`, { parent_id: null });
  expect(await found()).toEqual([]);
  const changes = (await get(server, `/v1/changes?since=${next}`)).json.data;
  expect(changes.map(({ kind, id, change }: Json) => [kind, id, change])).toEqual([
    ["tags", made.id, "created"],
    ["tags", grand.id, "created"],
    ["tags", grand.id, "changed"],
  ]);
  expectProblem(
    await post(server, "/v1/saved-searches", { name: "N", search: { tag: ",," } }),
    422,
    "invalid",
  );
});
