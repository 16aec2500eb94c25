import { type Failure, toFailure } from "../shared/errors.ts";
import { loadSentenceModel, type SentenceModel } from "./sentence-model.ts";

export interface SentenceTask {
  readonly folder: string;
  readonly texts: readonly string[];
}

/** The vectors in hexadecimal, as stored; empty if a text has none. */
export type SentenceReport =
  | { readonly embedder: string; readonly vectors: readonly string[] }
  | { readonly failure: Failure };

/** Loaded by the first task, so importing this module does nothing. */
let model: Promise<SentenceModel> | undefined;

/** The sentence model's own thread: its runtime is synchronous and takes milliseconds per text. */
export default async function run({ folder, texts }: SentenceTask): Promise<SentenceReport> {
  try {
    model ??= loadSentenceModel(folder);
    const { embedder, embed } = await model;
    const vectors = (await embed(texts)).map((vector) =>
      vector === undefined ? "" : Buffer.from(vector.buffer).toString("hex"),
    );
    return { embedder, vectors };
  } catch (error) {
    return { failure: toFailure(error) };
  }
}
