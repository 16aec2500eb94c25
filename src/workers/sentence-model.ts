import { createHash } from "node:crypto";
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { pipeline as stream } from "node:stream/promises";
import { DIMENSIONS, normalise } from "../shared/embedders/embedder.ts";
import { AppError } from "../shared/errors.ts";

/**
 * A sentence-embedding model in ONNX form, loaded from a local folder only.
 *
 * The folder has the layout of models published for Transformers.js: `config.json`, `tokenizer.json`,
 * `tokenizer_config.json` and the weights, `onnx/model.onnx` or `onnx/model_quantized.onnx`. If there is a
 * `1_Pooling/config.json`, it defines the pooling of token vectors; otherwise they are averaged.
 */
export interface SentenceModel {
  /**
   * Identifies the model: a hash of all files that determine its vectors. Vectors of two embedders are never mixed.
   */
  readonly embedder: string;
  /** One vector of length 1 per text; undefined if the model's vector has no direction. */
  embed(texts: readonly string[]): Promise<(Float32Array<ArrayBuffer> | undefined)[]>;
}

/** The used part of `@huggingface/transformers`. The package is optional, and so are its types. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string };
  pipeline(task: "feature-extraction", model: string, options: object): Promise<Extractor>;
}
type Pooling = "mean" | "cls" | "last_token";
type Extractor = (texts: readonly string[], options: { pooling: Pooling }) => Promise<Tensor>;
interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

const PACKAGE = "@huggingface/transformers";

const unusable = (detail: string, cause?: unknown): AppError =>
  new AppError("model_unusable", { detail, cause });
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Files {
  /** Paths relative to the folder, in the order in which they are hashed. */
  readonly names: readonly string[];
  readonly dtype: "fp32" | "q8";
  readonly pooling: Pooling;
}

const REQUIRED = ["config.json", "tokenizer.json", "tokenizer_config.json"] as const;
const WEIGHTS = { fp32: "onnx/model.onnx", q8: "onnx/model_quantized.onnx" } as const;
const POOLING = "1_Pooling/config.json";

/** @throws AppError `model_unusable` naming every missing file. */
function filesOf(folder: string): Files {
  const has = (name: string) => existsSync(join(folder, name));
  if (!existsSync(folder)) throw unusable(`there is no folder ${folder}`);
  const dtype = has(WEIGHTS.fp32) ? "fp32" : "q8";
  const missing: string[] = REQUIRED.filter((name) => !has(name));
  if (!has(WEIGHTS[dtype])) missing.push(`${WEIGHTS.fp32} (or ${WEIGHTS.q8})`);
  if (missing.length > 0) throw unusable(`${folder} lacks ${missing.join(", ")}`);
  const names = [...REQUIRED, ...(has(POOLING) ? [POOLING] : []), WEIGHTS[dtype]];
  return { names, dtype, pooling: has(POOLING) ? poolingOf(join(folder, POOLING)) : "mean" };
}

function poolingOf(file: string): Pooling {
  const config = parse(file);
  if (config.pooling_mode_cls_token === true) return "cls";
  return config.pooling_mode_lasttoken === true ? "last_token" : "mean";
}

function parse(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw unusable(`${file} is not JSON: ${reasonOf(cause)}`, cause);
  }
}

async function hashOf(folder: string, names: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const name of names) await stream(createReadStream(join(folder, name)), hash, { end: false });
  return `onnx:${hash.digest("hex")}`;
}

async function loadPackage(): Promise<Transformers> {
  try {
    return await import(PACKAGE);
  } catch (cause) {
    throw unusable(`the package ${PACKAGE} cannot be loaded: ${reasonOf(cause)}`, cause);
  }
}

/** A model may use one thread: the processors are for requests. */
const SESSION = { intraOpNumThreads: 1, interOpNumThreads: 1 };

async function loadExtractor(folder: string, dtype: Files["dtype"]): Promise<Extractor> {
  const { env, pipeline } = await loadPackage();
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = `${dirname(folder)}${sep}`;
  try {
    const options = { dtype, device: "cpu", local_files_only: true, session_options: SESSION };
    return await pipeline("feature-extraction", basename(folder), options);
  } catch (cause) {
    throw unusable(`the model in ${folder} cannot be loaded: ${reasonOf(cause)}`, cause);
  }
}

/**
 * @param folder absolute.
 * @throws AppError `model_unusable`: no such folder, missing or broken files, no package, vectors of another length.
 */
export async function loadSentenceModel(folder: string): Promise<SentenceModel> {
  const { names, dtype, pooling } = filesOf(folder);
  const extract = await loadExtractor(folder, dtype);
  await assertLength(folder, () => extract(["probe"], { pooling }));
  return {
    embedder: await hashOf(folder, names),
    async embed(texts) {
      if (texts.length === 0) return [];
      const { data } = await extract(texts, { pooling });
      return texts.map((_, i) => normalise(data.subarray(i * DIMENSIONS.lyric, (i + 1) * DIMENSIONS.lyric)));
    },
  };
}

async function assertLength(folder: string, probe: () => Promise<Tensor>): Promise<void> {
  const { dims } = await probe().catch((cause: unknown) => {
    throw unusable(`the model in ${folder} embeds nothing: ${reasonOf(cause)}`, cause);
  });
  if (dims.at(-1) !== DIMENSIONS.lyric) {
    throw unusable(
      `expected a model whose vectors have ${DIMENSIONS.lyric} numbers, got one of ${dims.at(-1)}`,
    );
  }
}
