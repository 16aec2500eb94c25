import { z } from "zod";
import type { Guard, Statement, Statements } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED, FOUND, unchanged } from "../../engine/commands/guards.ts";
import { idText } from "../../http/fields.ts";
import {
  MAX_KEYS,
  METADATA_JSON,
  type MetadataBody,
  metadataBody,
  metadataKey,
  typed,
} from "../../model/metadata.ts";
import { TRACK_METADATA_READ } from "./reads.ts";

interface TrackInput {
  readonly id: number;
  /** The text of the track's metadata that the client saw; it must still be current. */
  readonly seen?: string | undefined;
}
interface KeyInput extends TrackInput {
  readonly key: string;
}
interface PutInput extends KeyInput {
  readonly body: MetadataBody;
}
interface ReplaceInput extends TrackInput {
  readonly body: z.infer<typeof metadataSetBody>;
}

export const metadataSetBody = z
  .strictObject({
    data: z
      .array(z.strictObject({ key: metadataKey, ...metadataBody.shape }))
      .max(MAX_KEYS)
      .refine(
        (items) => new Set(items.map(({ key }) => key)).size === items.length,
        "must not name a key twice",
      )
      .refine((items) => items.every((item) => typed(item) !== undefined), "must have values of their types"),
  })
  .meta({ id: "TrackMetadata" });

const input = <I>(rest: z.core.$ZodShape): z.ZodType<I> =>
  z.strictObject({ id: idText, seen: z.string().optional(), ...rest }) as unknown as z.ZodType<I>;

const found = ({ id, seen }: TrackInput): Statements => [
  statement("SELECT 1 FROM tracks WHERE id = likely(@id)", { id }, FOUND),
  ...unchanged(TRACK_METADATA_READ, { id }, seen),
];

const FULL: Guard = {
  must: "find_none",
  otherwise: { code: "limit_reached", detail: `a track has at most ${MAX_KEYS} keys` },
};
const roomFor = (id: number, key: string): Statement =>
  statement(
    `SELECT '', 'there are ' || count(*) FROM track_metadata WHERE track_id = likely(@id) AND key <> likely(@key)
     HAVING count(*) >= ${MAX_KEYS}`,
    { id, key },
    FULL,
  );

const UPDATE = `ON CONFLICT DO UPDATE SET type = excluded.type, value = excluded.value, updated_at = excluded.updated_at`;
const tags = ({ id }: TrackInput): string[] => [`metadata-of:${id}`, "metadata"];

const put: Command<PutInput> = command({
  name: "metadata.put",
  input: input<PutInput>({ key: metadataKey, body: metadataBody }),
  statements: ({ id, key, seen, body }, { now }) => [
    ...found({ id, seen }),
    roomFor(id, key),
    statement(
      `INSERT INTO track_metadata (track_id, key, type, value, updated_at) VALUES (@id, @key, @type, @value, @now) ${UPDATE}`,
      { id, key, ...typed(body)!, now },
    ),
  ],
  answer: ({ id, key }) =>
    statement(
      `SELECT ${METADATA_JSON} AS body, NULL AS etag FROM track_metadata m
       WHERE m.track_id = likely(@id) AND m.key = likely(@key)`,
      { id, key },
    ),
  audit: { object: ({ id }) => `tracks:${id}` },
  tags,
});

/** Replaces all of a track's metadata: keys left out are deleted. */
const replace: Command<ReplaceInput> = command({
  name: "metadata.replace",
  input: input<ReplaceInput>({ body: metadataSetBody }),
  statements: ({ id, seen, body }, { now }) => {
    const rows = JSON.stringify(body.data.map((item) => [item.key, typed(item)!.type, typed(item)!.value]));
    return [
      ...found({ id, seen }),
      statement(
        `DELETE FROM track_metadata WHERE track_id = likely(@id)
           AND key NOT IN (SELECT value ->> 0 FROM json_each(@rows))`,
        { id, rows },
      ),
      statement(
        `INSERT INTO track_metadata (track_id, key, type, value, updated_at)
         SELECT @id, value ->> 0, value ->> 1, value ->> 2, @now FROM json_each(@rows) WHERE true
         ${UPDATE} WHERE type <> excluded.type OR value COLLATE BINARY <> excluded.value`,
        { id, rows, now },
      ),
    ];
  },
  answer: ({ id }) => {
    const { sql, params } = TRACK_METADATA_READ.statement({ id }, new Date(0));
    return statement(`WITH answer (body, etag, tags) AS (${sql}) SELECT body, etag FROM answer`, params);
  },
  audit: { object: ({ id }) => `tracks:${id}` },
  tags,
});

const remove: Command<KeyInput> = command({
  name: "metadata.delete",
  input: input<KeyInput>({ key: metadataKey }),
  statements: ({ id, key, seen }) => [
    ...found({ id, seen }),
    statement(
      "DELETE FROM track_metadata WHERE track_id = likely(@id) AND key = likely(@key)",
      { id, key },
      CHANGED,
    ),
  ],
  audit: { object: ({ id }) => `tracks:${id}` },
  tags,
});

const clear: Command<TrackInput> = command({
  name: "metadata.clear",
  input: input<TrackInput>({}),
  statements: ({ id, seen }) => [
    ...found({ id, seen }),
    statement("DELETE FROM track_metadata WHERE track_id = likely(@id)", { id }),
  ],
  audit: { object: ({ id }) => `tracks:${id}` },
  tags,
});

export const METADATA_COMMANDS = { put, replace, remove, clear };
