import { beforeAll, describe, expect, test } from "vitest";
import { RQLITED, type RqliteCluster, startRqlite, WITHOUT } from "../support/rqlite.ts";
import {
  chinook,
  copyOf,
  get,
  makeCatalogue,
  patch,
  post,
  startServer,
  type TestServer,
} from "../support/server.ts";

describe.skipIf(RQLITED === undefined)(`a server over one node of rqlite${WITHOUT}`, () => {
  let rqlite: RqliteCluster;
  let server: TestServer;
  beforeAll(async () => {
    rqlite = await startRqlite(1);
    const [node] = rqlite.nodes;
    const file = copyOf(await makeCatalogue(100));
    const joined = await chinook(["cluster", "join", file, "--writer", rqlite.writerOf(node!)]);
    expect(joined.code, joined.stderr).toBe(0);
    server = await startServer({ CHINOOK_WRITER: rqlite.writerOf(node!) }, { database: node!.database });
  });

  test("reads and writes as on one machine", async () => {
    const made = await post(server, "/v1/artists", { name: "Nobody" });
    expect(made.status, made.text).toBe(201);
    expect((await get(server, `/v1/artists/${made.json.id}`)).json.name).toBe("Nobody");
    const refused = await post(server, "/v1/albums", { title: "T", artist_id: 999_999 });
    expect(refused.status, refused.text).toBe(422);
    const etag = made.headers.get("etag")!;
    expect(
      (await patch(server, `/v1/artists/${made.json.id}`, { name: "B" }, { "if-match": etag })).status,
    ).toBe(200);
    const again = await patch(server, `/v1/artists/${made.json.id}`, { name: "C" }, { "if-match": etag });
    expect(again.status, again.text).toBe(412);
  });
});
