import { z } from "zod";
import {
  type ComputedKind,
  DIMENSIONS,
  normalise,
  VECTOR_KINDS,
  type VectorKind,
} from "../../../shared/embedders/embedder.ts";
import type { Statements } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { FOUND, unchanged } from "../../engine/commands/guards.ts";
import { type Nothing, nothing } from "../../engine/reads/read.ts";
import { idText } from "../../http/fields.ts";
import { TRACK_VECTORS_READ, vectorTag } from "./vector-reads.ts";

/**
 * A vector from a client: of its kind's length, all numbers finite (JSON's 1e999 is not) and not all zero.
 */
export const vectorInput = (kind: VectorKind) =>
  z
    .array(z.number())
    .length(DIMENSIONS[kind])
    .refine((values) => values.some((value) => value !== 0), "must not be all zeros: it has no direction")
    .meta({ description: `${DIMENSIONS[kind]} numbers, not all 0; normalised when stored.` });

export type VectorsBody = { readonly [K in VectorKind]?: readonly number[] | undefined };

export const vectorsBody = z
  .strictObject({
    audio: vectorInput("audio").optional(),
    lyric: vectorInput("lyric").optional(),
    metadata: vectorInput("metadata").optional(),
  })
  .refine((body) => Object.keys(body).length > 0, "expected at least one of audio, lyric, metadata")
  .meta({ id: "NewTrackVectors", minProperties: 1 });

/** Little-endian float32 as hexadecimal: `unhex` of it is the blob that vec0 stores. */
export const hexOf = (values: readonly number[]): string =>
  Buffer.from(normalise(values)!.buffer).toString("hex");

interface TrackInput {
  readonly id: number;
  /** Hash of the track's vectors that the client has seen; they must be unchanged. */
  readonly seen?: string | undefined;
}
interface PutInput extends TrackInput {
  readonly body: VectorsBody;
}

/**
 * Writes through the view, which replaces an existing vector. Keys of vec0 must be integers, and numbers are
 * bound as reals.
 */
function putStatements(kind: VectorKind, id: number, values: readonly number[], now: string): Statements {
  return [
    statement(
      `INSERT INTO ${kind}_vectors (track_id, embedding) VALUES (CAST(@id AS INTEGER), unhex(@vector))`,
      { id, vector: hexOf(values) },
    ),
    statement(
      `INSERT INTO vector_queue (track_id, kind, state, given, updated_at)
       VALUES (@id, '${kind}', 'completed', 1, @now)
       ON CONFLICT DO UPDATE SET state = 'completed', given = 1, error = NULL, updated_at = excluded.updated_at`,
      { id, now },
    ),
  ];
}

const seen = z.string().optional();
const trackFound = (id: number) => statement("SELECT 1 FROM tracks WHERE id = likely(@id)", { id }, FOUND);
const kindsOf = (body: VectorsBody) => VECTOR_KINDS.filter((kind) => body[kind] !== undefined);

const put: Command<PutInput> = command({
  name: "vectors.put",
  input: z.strictObject({ id: idText, body: vectorsBody, seen }) as unknown as z.ZodType<PutInput>,
  statements: ({ id, body, seen }, { now }) => [
    trackFound(id),
    ...unchanged(TRACK_VECTORS_READ, { id }, seen),
    ...kindsOf(body).flatMap((kind) => putStatements(kind, id, body[kind]!, now)),
  ],
  tags: ({ body }) => kindsOf(body).map(vectorTag),
});

/**
 * Deletes all vectors of a track. They stay deleted until the track changes or missing vectors are requested.
 */
const remove: Command<TrackInput> = command({
  name: "vectors.delete",
  input: z.strictObject({ id: idText, seen }),
  statements: ({ id, seen }) => [
    trackFound(id),
    ...unchanged(TRACK_VECTORS_READ, { id }, seen),
    ...VECTOR_KINDS.map((kind) =>
      statement(`DELETE FROM vectors_${kind} WHERE track_id = CAST(@id AS INTEGER)`, { id }),
    ),
    statement("DELETE FROM vector_queue WHERE track_id = likely(@id)", { id }),
  ],
  tags: () => VECTOR_KINDS.map(vectorTag),
});

/** Attempts to compute a vector. After the last, its row is `failed` until the track changes. */
const ATTEMPTS = 3;

/**
 * Rows claimed by a process that ended are due again. Rows claimed too often fail, since they may have ended
 * it.
 */
const recover: Command<Nothing> = command({
  name: "vectors.recover",
  background: true,
  input: nothing,
  statements: (_, { now }) => [
    statement(
      `UPDATE vector_queue SET state = iif(attempts < ${ATTEMPTS}, 'pending', 'failed'), updated_at = @now,
         error = iif(attempts < ${ATTEMPTS}, error, 'interrupted ${ATTEMPTS} times')
       WHERE kind IN ('lyric', 'metadata') AND state = 'processing'`,
      { now },
    ),
  ],
  tags: () => [],
});

interface ClaimInput {
  readonly kind: ComputedKind;
  readonly limit: number;
}

/** Claims the next rows. The body is their number. */
const claim: Command<ClaimInput> = command({
  name: "vectors.claim",
  background: true,
  input: z.strictObject({ kind: z.enum(["lyric", "metadata"]), limit: z.int() }),
  statements: ({ kind, limit }, { now }) => [
    statement(
      `UPDATE vector_queue SET state = 'processing', attempts = attempts + 1, updated_at = @now
       WHERE kind = '${kind}' AND track_id IN (SELECT track_id FROM vector_queue
         WHERE kind = '${kind}' AND state = 'pending' ORDER BY track_id LIMIT likely(@limit))`,
      { now, limit },
    ),
  ],
  answer: ({ kind }) =>
    statement(
      `SELECT '' || count(*), NULL FROM vector_queue WHERE kind = '${kind}' AND state = 'processing'`,
      {},
    ),
  tags: () => [],
});

interface StoreInput {
  readonly kind: ComputedKind;
  /** `[[track_id, hex], …]` as JSON text, as the embedding read returns it. */
  readonly rows: string;
}

/**
 * Stores computed vectors for the rows that are still claimed. If a track changed meanwhile, its row is
 * pending again and the vector is dropped as outdated. One parameter of one statement holds all vectors; the
 * other statements find the stored rows in the tables.
 */
const store: Command<StoreInput> = command({
  name: "vectors.store",
  background: true,
  input: z.strictObject({ kind: z.enum(["lyric", "metadata"]), rows: z.string() }),
  statements: ({ kind, rows }, { now }) => {
    const inHand = `kind = '${kind}' AND state = 'processing'`;
    return [
      statement(
        `INSERT INTO ${kind}_vectors (track_id, embedding)
         SELECT q.track_id, unhex(r.value ->> 1) FROM json_each(@rows) r
         CROSS JOIN vector_queue q ON q.track_id = r.value ->> 0 WHERE ${inHand}`,
        { rows },
      ),
      statement(
        `UPDATE vector_queue SET state = 'completed', attempts = 0, error = NULL, updated_at = @now
         WHERE ${inHand} AND EXISTS (SELECT 1 FROM vectors_${kind} v WHERE v.track_id = vector_queue.track_id)`,
        { now },
      ),
      statement(
        `UPDATE vector_queue SET state = iif(attempts < ${ATTEMPTS}, 'pending', 'failed'), updated_at = @now,
           error = 'no vector could be computed' WHERE ${inHand}`,
        { now },
      ),
    ];
  },
  tags: ({ kind }) => [vectorTag(kind)],
});

interface KeepInput {
  /** The count of changes at which the lists were computed. */
  readonly changes: number;
  /** `[[kind, track_id, neighbours], …]` as JSON text. */
  readonly rows: string;
}

/**
 * Stores lists of neighbours, unless a vector was added, removed or changed since: triggers delete the lists
 * and count.
 */
const keep: Command<KeepInput> = command({
  name: "vectors.keep_neighbours",
  background: true,
  input: z.strictObject({ changes: z.int(), rows: z.string() }),
  statements: (input) => [
    statement(
      `INSERT INTO similar_tracks (kind, track_id, neighbours)
       SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(@rows)
       WHERE (SELECT changes FROM vector_changes) = likely(@changes) ON CONFLICT DO NOTHING`,
      { ...input },
    ),
  ],
  tags: () => [],
});

export const VECTOR_COMMANDS = { put, remove, recover, claim, store, keep };
