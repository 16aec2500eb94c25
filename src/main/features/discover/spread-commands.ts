import { z } from "zod";
import type { ComputedKind } from "../../../shared/embedders/embedder.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { type Nothing, nothing } from "../../engine/reads/read.ts";
import { vectorTag } from "./vector-reads.ts";

/** Tracks queued by one step, which takes the writer some milliseconds. */
const SLICE = 500;

/** Changes that can make the vectors of many tracks due at once. */
export type SpreadSource = "genre" | "media_type" | "model" | "catalogue";

export interface Spread {
  readonly source: SpreadSource;
  readonly source_id: number;
}

/** `source_id` of a model that replaces another embedder. 0 means that its weights were fitted again. */
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

/** A vector that was deleted by request has no row: new weights or names do not restore it. */
const remake = (source: Exclude<SpreadSource, "catalogue">) => `
  UPDATE vector_queue SET state = 'pending', attempts = 0, error = NULL, updated_at = @now
  WHERE kind = '${KIND_OF[source]}' AND given = 0 AND track_id IN (${slice(source)})`;

/**
 * Deletes vectors of another embedder before the first vector of the new one is stored, since the two are not
 * comparable: all slices are spread before anything is embedded. Vectors with old weights stay until each is
 * replaced.
 */
const discard = `
  INSERT INTO lyric_vectors (track_id, embedding)
  SELECT track_id, x'' FROM vector_queue WHERE kind = 'lyric' AND given = 0 AND track_id IN (${slice("model")})`;

/** Missing and failed vectors of all tracks. */
const complete = `
  INSERT INTO vector_queue (track_id, kind, state, updated_at)
  SELECT s.id, k.value, 'pending', @now FROM (${slice("catalogue")}) s, json_each('["lyric", "metadata"]') k WHERE true
  ON CONFLICT DO UPDATE SET state = 'pending', attempts = 0, error = NULL, updated_at = excluded.updated_at
  WHERE state = 'failed'`;

/**
 * Queues the next slice of the tracks that one change affects. After the last slice it deletes the change's
 * row.
 */
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

/** Requests missing and failed vectors, as `chinook vectors generate` does. */
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

/** Stores a fitted model. Every lyric vector computed with another model becomes due. */
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

/** Records the embedder of lyric vectors. All vectors of another embedder become due. */
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
