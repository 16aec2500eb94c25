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

/** A vector from a client: of its kind's length, every number finite (JSON's 1e999 is none), and with a direction. */
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

/** Little-endian float32 as hexadecimal text: what `unhex` makes the blob of that vec0 stores. */
export const hexOf = (values: readonly number[]): string =>
  Buffer.from(normalise(values)!.buffer).toString("hex");

interface TrackInput {
  readonly id: number;
  /** The text of the track's vectors that must still be theirs. */
  readonly seen?: string | undefined;
}
interface PutInput extends TrackInput {
  readonly body: VectorsBody;
}

/** By the view that replaces what is there. Keys of vec0 must be integers, and numbers are bound as reals. */
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

/** All vectors of a track. They stay away until the track changes or all that is missing is asked for. */
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

/** Attempts at one vector, before its row says `failed` and is left alone until the track changes. */
const ATTEMPTS = 3;

/** What a process that ended had claimed is due again; what was claimed too often may be what ended it. */
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

/** Takes the next rows in hand. The body is how many. */
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
  /** `[[track_id, hex], …]` as JSON text, as the read that embeds gives it. */
  readonly rows: string;
}

/**
 * Writes what was computed, for the rows that are still in hand: one whose track changed meanwhile is pending again,
 * and what was computed for it is out of date. The vectors travel in one parameter of one statement; the others
 * find out from the tables which rows got one.
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
  /** The count of changes that the lists were worked out at. */
  readonly changes: number;
  /** `[[kind, track_id, neighbours], …]` as JSON text. */
  readonly rows: string;
}

/** Keeps lists of neighbours, unless a vector came, went or changed since: triggers drop them, and count. */
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
