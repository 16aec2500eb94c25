import { z } from "zod";
import { slugify } from "../../../shared/names.ts";
import type { Statement } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED, FOUND, unchanged } from "../../engine/commands/guards.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { idText, text } from "../../http/fields.ts";
import { PLAIN, tagName, tagType } from "../../model/tags.ts";

/** Tags of tracks. Making, changing and merging tags themselves: `commands.ts` and `taxonomy.ts`. */

/** Maximum tags in a track's list. */
const MOST_SHOWN = 1_000;

export const tagBody = z
  .strictObject({
    name: tagName.meta({ description: "Its name or a synonym.", example: "late night" }),
    type: tagType.optional().meta({
      description: "Left out: a tag of any type that has the name, a plain one before others.",
    }),
  })
  .meta({ id: "NewTrackTag" });
export const trackTagSchema = z
  .object({
    id: z.int(),
    slug: z.string(),
    name: z.string(),
    type: z.string().meta({ example: "mood" }),
    added_at: z.iso.datetime(),
  })
  .meta({ id: "TrackTag" });

interface Named {
  readonly slug: string;
  /** Null: any. */
  readonly type: string | null;
}

/** A tag in a path: its name, or TYPE:NAME. */
export const tagPath = text(150)
  .transform((given): Named => {
    const [, type, name = ""] = /^(?:([a-z][a-z0-9-]{0,39}):)?(.*)$/s.exec(given)!;
    return { slug: slugify(name), type: type ?? null };
  })
  .meta({ override: { type: "string" }, example: "mood:calm" });

const TRACK_TAG =
  "json_object('id', g.id, 'slug', g.slug, 'name', g.name, 'type', g.type, 'added_at', x.added_at)";
const FROM = "track_tags x JOIN tags g ON g.id = x.tag_id";

export const TRACK_TAGS_READ: Read<{ readonly id: number }> = read({
  name: "tracks.tags",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `
      SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (
          SELECT ${TRACK_TAG} AS item FROM ${FROM} WHERE x.track_id = likely(@id) ORDER BY x.tag_id LIMIT ${MOST_SHOWN}))),
        'next', NULL), NULL,
        (SELECT group_concat('tags:' || tag_id, ' ') FROM track_tags WHERE track_id = likely(@id))
      WHERE EXISTS (SELECT 1 FROM tracks WHERE id = likely(@id))`,
    params: { id },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`tracks:${id}`, `tags-of:${id}`], joins: ["tags"] },
});

interface AddInput {
  readonly id: number;
  readonly body: { readonly name: string; readonly type?: string | undefined };
}
interface RemoveInput {
  readonly id: number;
  readonly tag: Named;
  /** The text of the track's tags that the client saw; it must still be current. */
  readonly seen?: string | undefined;
}

const touched = ({ id }: { readonly id: number }): string[] => ["tags", `tags-of:${id}`];

/** The tag that a name or a synonym stands for. */
const NAMED = "slug = likely(@slug) AND (@type IS NULL OR type = likely(@type))";
const BY_NAME = `(SELECT tag_id FROM tag_names WHERE ${NAMED} ORDER BY type <> '${PLAIN}', tag_id LIMIT 1)`;
const named = ({ body: { name, type } }: AddInput) => ({ slug: slugify(name), type: type ?? null });

/** Creates the tag if it is new. `already_exists` if the track has it. */
const add: Command<AddInput> = command({
  name: "tracks.tags.add",
  input: z.strictObject({ id: idText, body: tagBody }) as unknown as z.ZodType<AddInput>,
  statements: (input, { now, uuid }) => [
    statement("SELECT 1 FROM tracks WHERE id = likely(@id)", { id: input.id }, FOUND),
    statement(
      `INSERT INTO tags (public_id, slug, name, type, created_at, updated_at)
       SELECT @public_id, @slug, @name, ifnull(@type, '${PLAIN}'), @now, @now WHERE ${BY_NAME} IS NULL`,
      { ...named(input), name: input.body.name, public_id: uuid(), now },
    ),
    statement(`INSERT INTO track_tags (track_id, tag_id, added_at) SELECT @id, ${BY_NAME}, @now`, {
      ...named(input),
      id: input.id,
      now,
    }),
  ],
  answer: (input) =>
    statement(
      `SELECT ${TRACK_TAG} AS body, NULL AS etag FROM ${FROM} WHERE x.track_id = likely(@id) AND g.id = ${BY_NAME}`,
      { ...named(input), id: input.id },
    ),
  tags: touched,
});

/** Also deletes a plain tag of which nothing is left: no track, no synonym, no place among others. */
const DELETE_UNUSED = `DELETE FROM tags WHERE slug = likely(@slug) AND type = '${PLAIN}'
  AND (@type IS NULL OR type = likely(@type)) AND parent_id IS NULL AND synonyms = '[]'
  AND NOT EXISTS (SELECT 1 FROM track_tags WHERE tag_id = tags.id)
  AND NOT EXISTS (SELECT 1 FROM tags c WHERE c.parent_id = tags.id)`;

const remove: Command<RemoveInput> = command({
  name: "tracks.tags.remove",
  input: z.strictObject({
    id: idText,
    tag: tagPath,
    seen: z.string().optional(),
  }) as unknown as z.ZodType<RemoveInput>,
  statements: ({ id, tag, seen }): Statement[] => [
    ...unchanged(TRACK_TAGS_READ, { id }, seen),
    statement(
      `DELETE FROM track_tags WHERE track_id = likely(@id) AND tag_id IN (SELECT tag_id FROM tag_names WHERE ${NAMED})`,
      { ...tag, id },
      CHANGED,
    ),
    statement(DELETE_UNUSED, { ...tag }),
  ],
  tags: (input) => [...touched(input), "untagged"],
});

export const TAG_COMMANDS = { add, remove };
