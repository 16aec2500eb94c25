import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { loadSentenceModel } from "../../src/workers/sentence-model.ts";
import { addSongs, type Ids, namesOf, query } from "../search/support.ts";
import {
  chinook,
  get,
  type Json,
  post,
  request,
  startServer,
  type TestServer,
  temporaryFolder,
} from "../support/server.ts";
import { axis, GENERATING, generated } from "./support.ts";
import { writeTinyModel } from "./tiny-model.ts";

vi.setConfig({ testTimeout: 60_000 });

const installed = await import("@huggingface/transformers" as string).then(
  () => true,
  () => false,
);

function tinyModel(dimensions = 384): string {
  const folder = join(temporaryFolder(), "tiny");
  writeTinyModel(folder, dimensions);
  return folder;
}
const refusal = (detail: string) => ({ code: "model_unusable", message: expect.stringContaining(detail) });

const put = (server: TestServer, id: number, lyric: number[]) =>
  request(server, "PUT", `/v1/tracks/${id}/vectors`, { body: { lyric } });
const lyricOf = async (server: TestServer, id: number): Promise<Json> =>
  (await get(server, `/v1/tracks/${id}/vectors`)).json.lyric;
const hybrid = async (server: TestServer, q: string): Promise<Json> =>
  (await get(server, `/v1/search?${query({ q, mode: "hybrid" })}`)).json;

describe("an unusable model is refused with the reason", () => {
  test("missing folder", async () => {
    const folder = join(temporaryFolder(), "nowhere");
    await expect(loadSentenceModel(folder)).rejects.toMatchObject(refusal(`no folder ${folder}`));
  });

  test("missing files, each named", async () => {
    const folder = tinyModel();
    rmSync(join(folder, "tokenizer.json"));
    rmSync(join(folder, "onnx/model.onnx"));
    await expect(loadSentenceModel(folder)).rejects.toMatchObject(
      refusal("lacks tokenizer.json, onnx/model.onnx (or onnx/model_quantized.onnx)"),
    );
  });

  test("pooling configuration that is not JSON", async () => {
    const folder = tinyModel();
    mkdirSync(join(folder, "1_Pooling"));
    writeFileSync(join(folder, "1_Pooling/config.json"), "{");
    await expect(loadSentenceModel(folder)).rejects.toMatchObject(refusal("is not JSON"));
  });

  test.skipIf(installed)("missing runtime package", async () => {
    await expect(loadSentenceModel(tinyModel())).rejects.toMatchObject(refusal("@huggingface/transformers"));
  });

  test.skipIf(!installed)("wrong vector length, invalid weights (needs the package)", async () => {
    await expect(loadSentenceModel(tinyModel(100))).rejects.toMatchObject(
      refusal("384 numbers, got one of 100"),
    );
    const folder = tinyModel();
    writeFileSync(join(folder, "onnx/model.onnx"), "none");
    await expect(loadSentenceModel(folder)).rejects.toMatchObject(refusal("cannot be loaded"));
  });

  test("a server does not start with an unusable model", async () => {
    const settings = {
      CHINOOK_DATABASE: join(temporaryFolder(), "d.sqlite"),
      CHINOOK_LYRIC_MODEL: "/no/where",
    };
    const { code, stderr } = await chinook(["serve", "--port", "0"], settings);
    expect(code).toBe(1);
    expect(stderr).toContain("there is no folder /no/where");
  });
});

describe.skipIf(!installed)(
  "a sentence model (skipped without the package @huggingface/transformers)",
  () => {
    const near = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

    test("embeds texts by meaning and is identified by its files", async () => {
      const folder = tinyModel();
      const { embed, embedder } = await loadSentenceModel(folder);
      const [sea, ocean, fire] = await embed(["Sea", "an ocean", "fire"]);
      expect(near(sea!, sea!)).toBeCloseTo(1, 5);
      expect(near(sea!, ocean!)).toBeGreaterThan(0.3 + near(sea!, fire!));
      expect((await loadSentenceModel(tinyModel())).embedder).toBe(embedder);
      writeFileSync(join(folder, "config.json"), '{"model_type":"bert","hidden_size":384}');
      expect((await loadSentenceModel(folder)).embedder).not.toBe(embedder);
    });

    test("computes lyric vectors, finds tracks that share no word, and never mixes with hashed words", async () => {
      const database = join(temporaryFolder(), "database.sqlite");
      const songs = ["Sea", "Salt", "Fire", "Flame", "Midnight Train"];
      const model = { ...GENERATING, CHINOOK_LYRIC_MODEL: tinyModel() };
      const lyrics: Json[] = [];
      let ids: Ids;
      {
        await using server = await startServer(model, { database });
        ids = await addSongs(
          server,
          songs.map((name) => ({ name })),
        );
        await put(server, ids.Flame!, axis(384, 5));
        await generated(server);
        const json = await hybrid(server, "ocean");
        expect(namesOf(json).toSorted()).toEqual(["Salt", "Sea"]);
        expect(json.fused).toEqual(["lyric"]);
        expect(namesOf(await hybrid(server, "train"))[0]).toBe("Midnight Train");
        lyrics.push(await lyricOf(server, ids.Sea!));
        expect(await server.stop()).toBe(0);
      }
      {
        await using server = await startServer(GENERATING, { database });
        await post(server, "/admin/vectors/generate", undefined);
        const { kinds } = await generated(server);
        expect(kinds.lyric).toMatchObject({ completed: songs.length, failed: 0 });
        expect(await lyricOf(server, ids.Sea!)).not.toEqual(lyrics[0]);
        expect(await lyricOf(server, ids.Flame!)).toEqual(axis(384, 5));
        expect(namesOf(await hybrid(server, "ocean"))).toEqual([]);
        expect(await server.stop()).toBe(0);
      }
      const { code, stdout } = await chinook(["vectors", "generate", "--json"], {
        ...model,
        CHINOOK_DATABASE: database,
      });
      expect([code, JSON.parse(stdout).kinds.lyric.completed]).toEqual([0, songs.length]);
      await using server = await startServer(model, { database });
      await generated(server);
      expect(await lyricOf(server, ids.Sea!)).toEqual(lyrics[0]);
    });
  },
);
