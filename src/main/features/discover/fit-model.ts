import {
  BUCKETS,
  GROWTH,
  inverseFrequencies,
  SAMPLE,
  SMALLEST,
} from "../../../shared/embedders/lyric-model.ts";
import type { Extent, FrequencyParams } from "./vector-reads.ts";

/** Tracks counted by one read, which takes some 20 ms of a scan thread. */
const SLICE = 250;

interface Frequencies {
  readonly last: number | null;
  readonly documents: number;
  readonly counts: string;
}

export interface FittedModel {
  readonly tracks: number;
  readonly documents: number;
  readonly idf: string;
}

/** Whether the catalogue has outgrown its model, or has become large enough for the first one. */
export const needsModel = ({ tracks, model }: Pick<Extent, "tracks" | "model">): boolean =>
  tracks >= SMALLEST && (model === null || tracks >= GROWTH * model.tracks);

/**
 * Counts the terms of the catalogue, or of a sample with an even stride of ids, and computes the weights.
 *
 * @param read one slice of the count; called until it returns no more.
 */
export async function fitModel(
  tracks: number,
  read: (slice: FrequencyParams) => Promise<string>,
): Promise<FittedModel> {
  const stride = Math.ceil(tracks / SAMPLE);
  const counts = new Uint32Array(BUCKETS);
  let documents = 0;
  for (let after = 0; ; ) {
    const slice = JSON.parse(await read({ after, stride, limit: SLICE })) as Frequencies;
    if (slice.last === null) break;
    add(counts, slice.counts);
    documents += slice.documents;
    after = slice.last;
  }
  return { tracks, documents, idf: Buffer.from(inverseFrequencies(counts, documents)).toString("hex") };
}

function add(counts: Uint32Array, hex: string): void {
  const bytes = Buffer.from(hex, "hex");
  for (let i = 0; i < counts.length; i++) counts[i]! += bytes.readUInt16LE(2 * i);
}
