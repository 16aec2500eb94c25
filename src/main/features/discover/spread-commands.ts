import { z } from "zod";
import type { ComputedKind } from "../../../shared/embedders/embedder.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { type Nothing, nothing } from "../../engine/reads/read.ts";
import { vectorTag } from "./vector-reads.ts";

/** Tracks that one step queues: some milliseconds of the writer. */
const SLICE = 500;

/** What can make vectors of many tracks due at once. */
export type SpreadSource = "genre" | "media_type" | "model" | "catalogue";

export interface Spread {
  readonly source: SpreadSource;
  readonly source_id: number;
}

/** The `source_id` of a model that replaces another embedder; 0: its weights were fitted anew. */
const REPLACED = 1;

const TRACKS_OF: Readonly<Record<SpreadSource, string>> = {
  genre: "t.genre_id = likely(@source_id)",
  media_type: "t.media_type_id = likely(@source_id)",
  model: "true",
  catalogue: "true",
};

const KIND_OF: Readonly<Record<Exclude<SpreadSource, "catalogue">, ComputedKind>> = {
  genre: "metadata",
  media_type: "metadata",
  model: "lyric",
};

const THIS = "source = likely(@source) AND source_id = likely(@source_id)";
const AFTER = `(SELECT after_id FROM vector_spread WHERE ${THIS})`;
const slice = (source: SpreadSource) =>
  `SELECT t.id FROM tracks t WHERE ${TRACKS_OF[source]} AND t.id > ${AFTER} ORDER BY t.id LIMIT ${SLICE}`;

/** A vector that was deleted on purpose has no row: a change of weights or names does not bring it back. */
const remake = (source: Exclude<SpreadSource, "catalogue">) => `
  UPDATE vector_queue SET state = 'pending', attempts = 0, error = NULL, updated_at = @now
  WHERE kind = '${KIND_OF[source]}' AND given = 0 AND track_id IN (${slice(source)})`;

/**
 * Vectors of another embedder go before the first of the new one comes, since nothing is near to both: all slices
 * are spread before anything is embedded. Those of new weights stay until they are replaced one by one.
 */
const discard = `
  INSERT INTO lyric_vectors (track_id, embedding)
  SELECT track_id, x'' FROM vector_queue WHERE kind = 'lyric' AND given = 0 AND track_id IN (${slice("model")})`;

/** Whatever is missing or failed, of every track. */
const complete = `
  INSERT INTO vector_queue (track_id, kind, state, updated_at)
  SELECT s.id, k.value, 'pending', @now FROM (${slice("catalogue")}) s, json_each('["lyric", "metadata"]') k WHERE true
  ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL, updated_at = excluded.updated_at
  WHERE state = 'failed'`;

/** Queues the next slice of what one change touched, and drops the note of it when that was the last. */
const step: Command<Spread> = command({
  name: "vectors.spread",
  background: true,
  input: z.strictObject({
    source: z.enum(["genre", "media_type", "model", "catalogue"]),
    source_id: z.int(),
  }),
  statements: ({ source, source_id }, { now }) => {
    const params = { source, source_id };
    const replaced = source === "model" && source_id === REPLACED;
    return [
      ...(replaced ? [statement(discard, params)] : []),
      statement(source === "catalogue" ? complete : remake(source), { ...params, now }),
      statement(
        `UPDATE vector_spread SET after_id = ifnull((SELECT max(id) FROM (${slice(source)})), after_id) WHERE ${THIS}`,
        params,
      ),
      statement(`DELETE FROM vector_spread WHERE ${THIS} AND NOT EXISTS (${slice(source)})`, params),
    ];
  },
  tags: ({ source, source_id }) => (source === "model" && source_id === REPLACED ? [vectorTag("lyric")] : []),
});

/** Asks for whatever is missing or failed: what `chinook vectors generate` does. */
const request: Command<Nothing> = command({
  name: "vectors.request",
  input: nothing,
  statements: () => [
    statement(
      "INSERT INTO vector_spread (source, source_id) VALUES ('catalogue', 0) ON CONFLICT DO UPDATE SET after_id = 0",
      {},
    ),
  ],
  tags: () => [],
});

interface ModelInput {
  readonly tracks: number;
  readonly documents: number;
  /** Hexadecimal. */
  readonly idf: string;
}

/** Keeps a fitted model and makes every lyric vector that was computed with another due. */
const saveModel: Command<ModelInput> = command({
  name: "vectors.model",
  background: true,
  input: z.strictObject({ tracks: z.int(), documents: z.int(), idf: z.string() }),
  statements: (model, { now }) => [
    statement(
      `INSERT INTO lyric_model (version, tracks, documents, idf, created_at)
       VALUES (1 + ifnull((SELECT max(version) FROM lyric_model), 0), @tracks, @documents, unhex(@idf), @now)`,
      { ...model, now },
    ),
    statement("DELETE FROM lyric_model WHERE version < (SELECT max(version) FROM lyric_model)", {}),
    statement(
      "INSERT INTO vector_spread (source, source_id) VALUES ('model', 0) ON CONFLICT DO UPDATE SET after_id = 0",
      {},
    ),
  ],
  tags: () => [],
});

/** Notes what lyric vectors are of from now on, and makes all that were computed with another embedder due. */
const adopt: Command<{ readonly embedder: string }> = command({
  name: "vectors.adopt",
  background: true,
  input: z.strictObject({ embedder: z.string() }),
  statements: ({ embedder }) => [
    statement(
      "INSERT INTO meta VALUES ('lyric_embedder', @embedder) ON CONFLICT DO UPDATE SET value = excluded.value",
      { embedder },
    ),
    statement(
      `INSERT INTO vector_spread (source, source_id) VALUES ('model', ${REPLACED}) ON CONFLICT DO UPDATE SET after_id = 0`,
      {},
    ),
  ],
  tags: () => [vectorTag("lyric")],
});

export const SPREAD_COMMANDS = { step, request, saveModel, adopt };
