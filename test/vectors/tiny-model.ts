import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hash32 } from "../../src/shared/embedders/hashing.ts";

/**
 * A sentence model of a few words, made here: ONNX is protobuf, and a model that looks each word up in a table needs
 * little of it. Words get random vectors, except that those of one group get the same: so that `sea` is near to
 * `ocean` though they share no letter that counts.
 */
const GROUPS = [
  ["sea", "ocean", "salt"],
  ["fire", "flame"],
  ["night", "midnight"],
  ["train"],
  ["love"],
] as const;
const SPECIAL = ["[PAD]", "[UNK]"];
const WORDS = [...SPECIAL, ...GROUPS.flat()];

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const int = (field: number, value: number): Buffer => Buffer.from([field * 8, ...varint(value)]);
const bytes = (field: number, value: Buffer | string): Buffer => {
  const content = Buffer.from(value as string);
  return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
};
const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

const FLOAT = 1;
const INT64 = 7;

/** ValueInfoProto: a tensor's name, type and shape; a text is a dimension of any size. */
const tensor = (field: number, name: string, type: number, shape: readonly (string | number)[]): Buffer => {
  const dims = shape.map((dim) => message(1, typeof dim === "number" ? int(1, dim) : bytes(2, dim)));
  return message(field, bytes(1, name), message(2, message(1, int(1, type), message(2, ...dims))));
};

/** ModelProto: `last_hidden_state = Gather(table, input_ids)`. */
function onnx(dimensions: number): Buffer {
  const table = Float32Array.from({ length: WORDS.length * dimensions }, (_, i) => {
    const word = WORDS[Math.floor(i / dimensions)]!;
    const group = GROUPS.find((words) => (words as readonly string[]).includes(word))?.[0] ?? word;
    return hash32(group, 1 + (i % dimensions)) / 2 ** 31 - 1;
  });
  const weights = [int(1, WORDS.length), int(1, dimensions), int(2, FLOAT), bytes(8, "table")];
  const graph = message(
    7,
    message(1, bytes(1, "table"), bytes(1, "input_ids"), bytes(2, "last_hidden_state"), bytes(4, "Gather")),
    bytes(2, "tiny"),
    message(5, ...weights, bytes(9, Buffer.from(table.buffer))),
    tensor(11, "input_ids", INT64, ["batch", "tokens"]),
    tensor(11, "attention_mask", INT64, ["batch", "tokens"]),
    tensor(12, "last_hidden_state", FLOAT, ["batch", "tokens", dimensions]),
  );
  return Buffer.concat([int(1, 8), graph, message(8, bytes(1, ""), int(2, 17))]);
}

const TOKENIZER = {
  version: "1.0",
  added_tokens: SPECIAL.map((content, id) => ({
    ...{ id, content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })),
  normalizer: { type: "Lowercase" },
  pre_tokenizer: { type: "BertPreTokenizer" },
  post_processor: null,
  decoder: null,
  model: {
    type: "WordLevel",
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
    unk_token: "[UNK]",
  },
};

/** Writes the model's files into a folder, as models are published for Transformers.js. */
export function writeTinyModel(folder: string, dimensions: number): void {
  mkdirSync(join(folder, "onnx"), { recursive: true });
  const write = (name: string, content: object) => writeFileSync(join(folder, name), JSON.stringify(content));
  write("config.json", { model_type: "bert", architectures: ["BertModel"], hidden_size: dimensions });
  write("tokenizer.json", TOKENIZER);
  write("tokenizer_config.json", {
    ...{ tokenizer_class: "PreTrainedTokenizer", model_max_length: 128 },
    ...{ pad_token: "[PAD]", unk_token: "[UNK]" },
  });
  writeFileSync(join(folder, "onnx/model.onnx"), onnx(dimensions));
}
