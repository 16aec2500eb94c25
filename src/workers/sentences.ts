import { type Failure, toFailure } from "../shared/errors.ts";
import { loadSentenceModel, type SentenceModel } from "./sentence-model.ts";

export interface SentenceTask {
  readonly folder: string;
  readonly texts: readonly string[];
}

/** The vectors are hexadecimal, as they are stored; empty where a text has none. */
export type SentenceReport =
  | { readonly embedder: string; readonly vectors: readonly string[] }
  | { readonly failure: Failure };

/** Loaded by the first task, so that importing this module does nothing. */
let model: Promise<SentenceModel> | undefined;

/** The thread that a sentence model has to itself: its runtime works synchronously, for milliseconds a text. */
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
