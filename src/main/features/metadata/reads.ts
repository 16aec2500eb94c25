import { z } from "zod";
import { decodeCursor, type PageParams, pageOf } from "../../engine/reads/page.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { idText, pageParameters } from "../../http/fields.ts";
import { METADATA_JSON, METADATA_TYPES, metadataKey } from "../../model/metadata.ts";

export const metadataSchema = z
  .object({
    key: z.string().meta({ example: "mood" }),
    type: z.enum(METADATA_TYPES),
    value: z.union([z.string(), z.number(), z.boolean()]).meta({ example: "calm" }),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "Metadata" });

/** A track's metadata by key: a few hundred entries at most. */
export const TRACK_METADATA_READ: Read<{ readonly id: number }> = read({
  name: "metadata.of_track",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (
        SELECT ${METADATA_JSON} AS item FROM track_metadata m WHERE m.track_id = likely(@id) ORDER BY m.key))),
        'next', NULL), NULL, NULL
      WHERE EXISTS (SELECT 1 FROM tracks WHERE id = likely(@id))`,
    params: { id },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`tracks:${id}`, `metadata-of:${id}`], joins: [] },
});

interface KeyParams {
  readonly id: number;
  readonly key: string;
}

const ONE: Read<KeyParams> = read({
  name: "metadata.get",
  lane: "point",
  params: z.strictObject({ id: idText, key: metadataKey }),
  statement: ({ id, key }) => ({
    sql: `SELECT ${METADATA_JSON}, NULL, NULL FROM track_metadata m
      WHERE m.track_id = likely(@id) AND m.key = likely(@key)`,
    params: { id, key },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`tracks:${id}`, `metadata-of:${id}`], joins: [] },
});

export const keySchema = z
  .object({ key: z.string(), type: z.enum(METADATA_TYPES), tracks: z.int().min(1) })
  .meta({ id: "MetadataKey" });

type KeysParams = PageParams;

/** A key has a row per type that it is used with. The rank distinguishes them in a cursor. */
const RANK = METADATA_TYPES.map((type, i) => `WHEN '${type}' THEN ${i}`).join(" ");

const KEYS: Read<KeysParams> = read({
  name: "metadata.keys",
  lane: "point",
  params: z.strictObject({
    ...pageParameters("key"),
  }) as unknown as z.ZodType<KeysParams>,
  statement: (params) => {
    const after = decodeCursor(params);
    const type = METADATA_TYPES[Number(after?.[1] ?? 0)] ?? "";
    return {
      sql: pageOf(`
        SELECT json_object('key', t.key, 'type', t.type, 'tracks', t.tracks) AS item, t.key AS sort_key,
          CASE t.type ${RANK} END AS sort_id
        FROM metadata_keys t WHERE (t.key, t.type) > (likely(@after_key), likely(@after_type))
        ORDER BY t.key, t.type LIMIT @limit + 1`),
      params: {
        limit: params.limit,
        sort: params.sort,
        after_key: String(after?.[0] ?? ""),
        after_type: after === undefined ? "" : type,
      },
    };
  },
  cache: { ...QUERIES, tags: () => ["metadata", "tracks"], joins: [] },
});

export const METADATA_READS = { TRACK_METADATA_READ, ONE, KEYS };
