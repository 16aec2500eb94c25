import { z } from "zod";
import { slugify } from "../../../shared/names.ts";
import { hasWord } from "../../../shared/words.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED, FOUND, unchanged } from "../../engine/commands/guards.ts";
import { decodeCursor, type PageParams, pageOf } from "../../engine/reads/page.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { idText, pageParameters, text } from "../../http/fields.ts";

/** Free words on tracks. A tag is identified by its slug: `Late Night` and `late night` are the same. */

/** Maximum tags in a track's list. */
const MOST_SHOWN = 1_000;

export const tagBody = z
  .strictObject({
    name: text(60).refine(hasWord, "must have a letter or a digit").meta({ example: "late night" }),
  })
  .meta({ id: "NewTag" });
export const tagSchema = z
  .object({ slug: z.string(), name: z.string(), created_at: z.iso.datetime() })
  .meta({ id: "Tag" });
export const trackTagSchema = z
  .object({ slug: z.string(), name: z.string(), added_at: z.iso.datetime() })
  .meta({ id: "TrackTag" });

export const slugText = text(100)
  .transform(slugify)
  .meta({ override: { type: "string" } });

const TRACK_TAG = "json_object('slug', g.slug, 'name', g.name, 'added_at', x.added_at)";
const FROM = "track_tags x JOIN tags g ON g.id = x.tag_id";

export const TRACK_TAGS_READ: Read<{ readonly id: number }> = read({
  name: "tracks.tags",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `
      SELECT json_object('data', json((SELECT json_group_array(json(item)) FROM (
          SELECT ${TRACK_TAG} AS item FROM ${FROM} WHERE x.track_id = likely(@id) ORDER BY x.tag_id LIMIT ${MOST_SHOWN}))),
        'next', NULL), NULL, NULL
      WHERE EXISTS (SELECT 1 FROM tracks WHERE id = likely(@id))`,
    params: { id },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`tracks:${id}`, `tags-of:${id}`], joins: [] },
});

export type TagListParams = PageParams;

const listParams = z.strictObject({
  ...pageParameters("slug"),
}) as unknown as z.ZodType<TagListParams>;

export const TAGS_READ: Read<TagListParams> = read({
  name: "tags.list",
  lane: "point",
  params: listParams,
  statement: (params) => {
    const after = decodeCursor(params);
    return {
      sql: pageOf(`
        SELECT json_object('slug', t.slug, 'name', t.name, 'created_at', t.created_at) AS item,
          t.slug AS sort_key, t.id AS sort_id
        FROM tags t WHERE t.slug > likely(@after_key) ORDER BY t.slug LIMIT @limit + 1`),
      params: { limit: params.limit, sort: params.sort, after_key: String(after?.[0] ?? "") },
    };
  },
  cache: { ...QUERIES, tags: () => ["tags"], joins: [] },
});

interface AddInput {
  readonly id: number;
  readonly body: { readonly name: string };
}
interface RemoveInput {
  readonly id: number;
  readonly tag: string;
  /** The text of the track's tags that the client saw; it must still be current. */
  readonly seen?: string | undefined;
}

const touched = ({ id }: { readonly id: number }): string[] => ["tags", `tags-of:${id}`];

/** Creates the tag if it is new. `already_exists` if the track has it. */
const add: Command<AddInput> = command({
  name: "tracks.tags.add",
  input: z.strictObject({ id: idText, body: tagBody }) as unknown as z.ZodType<AddInput>,
  statements: ({ id, body: { name } }, { now }) => [
    statement("SELECT 1 FROM tracks WHERE id = likely(@id)", { id }, FOUND),
    statement(
      "INSERT INTO tags (slug, name, created_at) VALUES (@slug, @name, @now) ON CONFLICT DO NOTHING",
      { slug: slugify(name), name, now },
    ),
    statement(
      `INSERT INTO track_tags (track_id, tag_id, added_at) SELECT @id, id, @now FROM tags WHERE slug = likely(@slug)`,
      { id, slug: slugify(name), now },
    ),
  ],
  answer: ({ id, body: { name } }) =>
    statement(
      `SELECT ${TRACK_TAG} AS body, NULL AS etag FROM ${FROM} WHERE x.track_id = likely(@id) AND g.slug = likely(@slug)`,
      { id, slug: slugify(name) },
    ),
  tags: touched,
});

/** Also deletes the tag if no other track has it. */
const remove: Command<RemoveInput> = command({
  name: "tracks.tags.remove",
  input: z.strictObject({
    id: idText,
    tag: slugText,
    seen: z.string().optional(),
  }) as unknown as z.ZodType<RemoveInput>,
  statements: ({ id, tag, seen }) => [
    ...unchanged(TRACK_TAGS_READ, { id }, seen),
    statement(
      `DELETE FROM track_tags WHERE track_id = likely(@id)
         AND tag_id = (SELECT id FROM tags WHERE slug = likely(@tag))`,
      { id, tag },
      CHANGED,
    ),
    statement(
      `DELETE FROM tags WHERE slug = likely(@tag)
         AND NOT EXISTS (SELECT 1 FROM track_tags WHERE tag_id = tags.id)`,
      { tag },
    ),
  ],
  tags: touched,
});

export const TAG_COMMANDS = { add, remove };
