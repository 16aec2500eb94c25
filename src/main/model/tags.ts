import { z } from "zod";
import { slugify } from "../../shared/names.ts";
import type { Guard, Param, Statement } from "../../shared/protocol.ts";
import { hasWord } from "../../shared/words.ts";
import { id, text } from "../http/fields.ts";
import { byId, equals, type Filter, LOOKUPS, prefix, times } from "./filters.ts";
import { identity, identitySchema, stamp, stampSchema, withSlug } from "./identity.ts";
import type { Kind } from "./kind.ts";

/**
 * Tags are the terms of taxonomies: each has a type, perhaps a broader tag of the same type, and synonyms. A plain tag
 * is of the type `tag`. A slug stands for one tag of a type (`tag_names`), be it its name's or a synonym's.
 */

/** The type of free words. */
export const PLAIN = "tag";
/** Tags from the broadest to the narrowest. */
export const MAX_DEPTH = 8;
export const MAX_SYNONYMS = 100;

const TYPE = /^[a-z][a-z0-9-]{0,39}$/;
export const tagType = z
  .string()
  .regex(TYPE, "must be a small letter, then up to 39 small letters, digits or -")
  .meta({ example: "mood" });
export const tagName = text(60).refine(hasWord, "must have a letter or a digit");

const synonyms = z
  .array(tagName)
  .max(MAX_SYNONYMS)
  .refine((names) => new Set(names.map(slugify)).size === names.length, "must not name one twice")
  .meta({ description: "Other names, by which it is found as well.", example: ["mellow"] });

/** A tag's synonyms as they are stored: a JSON array of [slug, name]. */
const stored = (names: readonly string[]): string =>
  JSON.stringify(names.map((name) => [slugify(name), name]));

export const TAGS: Kind = {
  path: "tags",
  noun: "tag",
  type: "Tag",
  table: "tags",
  from: "tags t",
  fields: {
    ...identity,
    name: "t.name",
    type: "t.type",
    parent_id: "t.parent_id",
    synonyms: "json((SELECT json_group_array(value ->> 1) FROM json_each(t.synonyms)))",
    ...stamp,
  },
  versions: ["t.version"],
  // A plain tag goes with the last track that had it; a merge moves narrower tags.
  rowTags: "concat_ws(' ', 'untagged', 'tags:' || t.parent_id)",
  joins: [],
  sorts: { id: "t.id", slug: "t.slug", name: "t.name", updated_at: "t.updated_at" },
  usual: "slug",
  filters: [
    ...LOOKUPS,
    byId("parent_id"),
    equals("type", tagType, { drives: false }),
    prefix("name"),
    times("updated_at"),
  ],
  schema: z
    .object({
      ...identitySchema,
      name: z.string().meta({ example: "Calm" }),
      type: z.string().meta({ description: "Its taxonomy; `tag` for a plain tag.", example: "mood" }),
      parent_id: id.nullable().meta({ description: "The broader tag." }),
      synonyms: z.array(z.string()),
      ...stampSchema,
    })
    .meta({ id: "Tag" }),
  input: z
    .strictObject({
      name: tagName.meta({ example: "Calm" }),
      type: tagType.optional().meta({ description: "`tag`, a plain one, by default.", example: "mood" }),
      parent_id: id
        .nullable()
        .optional()
        .meta({
          description: `The broader tag, of the same type: at most ${MAX_DEPTH} from the broadest to the narrowest.`,
        }),
      synonyms: synonyms.optional(),
    })
    .meta({ id: "NewTag" }),
  references: { parent_id: "tags" },
  rules: treeRules,
  toColumns: ({ name, synonyms, ...rest }) => ({
    ...withSlug("name", name),
    ...(synonyms === undefined ? {} : { synonyms: stored(synonyms as string[]) }),
    ...(rest as Record<string, Param>),
  }),
};

const IN_PLACE: Guard = { must: "find_none", otherwise: { code: "invalid" } };

/** Judged once it is written. Both walks are bounded, so that a cycle ends them too. */
export function treeRules(self: string, params: Record<string, Param>): Statement[] {
  const step = `AND depth < ${2 * MAX_DEPTH}`;
  const sql = `
    WITH RECURSIVE
      broader (id, depth) AS (SELECT parent_id, 1 FROM tags WHERE id = ${self} AND parent_id IS NOT NULL
        UNION ALL SELECT t.parent_id, depth + 1 FROM broader b JOIN tags t ON t.id = b.id
          WHERE t.parent_id IS NOT NULL ${step}),
      narrower (id, depth) AS (SELECT id, 1 FROM tags WHERE parent_id = ${self}
        UNION ALL SELECT t.id, depth + 1 FROM narrower n JOIN tags t ON t.parent_id = n.id WHERE true ${step})
    SELECT '/parent_id', 'is the tag itself, or narrower than it' WHERE EXISTS (SELECT 1 FROM broader WHERE id = ${self})
    UNION ALL SELECT '/parent_id', 'there are at most ${MAX_DEPTH} tags from the broadest to the narrowest'
      WHERE 1 + ifnull((SELECT max(depth) FROM broader), 0) + ifnull((SELECT max(depth) FROM narrower), 0) > ${MAX_DEPTH}
        AND NOT EXISTS (SELECT 1 FROM broader WHERE id = ${self})
    UNION ALL SELECT '/parent_id', 'is of another type'
      FROM tags t JOIN tags p ON p.id = t.parent_id WHERE t.id = ${self} AND p.type <> t.type
    UNION ALL SELECT '/type', 'is not that of its narrower tags'
      WHERE EXISTS (SELECT 1 FROM tags t JOIN tags c ON c.parent_id = t.id WHERE t.id = ${self} AND c.type <> t.type)`;
  return [{ sql, params, guard: IN_PLACE }];
}

const MAX_ASKED = 4;

/** What a filter asks for: names' slugs, each with a type or null, as a JSON array. */
export function askedTags(list: string): string | undefined {
  const asked = list.split(",").map((one) => {
    const [, type = null, name = ""] = /^(?:\s*([a-z][a-z0-9-]{0,39}):)?(.*)$/s.exec(one)!;
    return [slugify(name), type, hasWord(name)] as const;
  });
  const valid = asked.length <= MAX_ASKED && asked.every(([, , word]) => word);
  return valid ? JSON.stringify(asked.map(([slug, type]) => [slug, type])) : undefined;
}

export const WRONG_TAGS = `must be up to ${MAX_ASKED} tags, separated by commas: names, or TYPE:NAME`;

/** @returns as {@link askedTags}. */
export const tagsText = text(300)
  .transform((list, context) => {
    const asked = askedTags(list);
    if (asked !== undefined) return asked;
    context.addIssue({ code: "custom", message: WRONG_TAGS });
    return z.NEVER;
  })
  .meta({
    override: { type: "string", maxLength: 300 },
    description: `Only tracks with these tags, or narrower ones: up to ${MAX_ASKED} names or synonyms, separated by commas, perhaps with a type (\`mood:calm\`).`,
    example: "mood:calm",
  });

/** `n` and `id` of each tag that is asked for and of all narrower ones. @param asked SQL of what {@link askedTags} gives. */
const wanted = (asked: string): string => `
  WITH RECURSIVE wanted (n, id) AS (
    SELECT a.key, m.tag_id FROM json_each(${asked}) a
      CROSS JOIN tag_names m ON m.slug = a.value ->> 0 AND (a.value ->> 1 IS NULL OR m.type = a.value ->> 1)
    UNION SELECT w.n, c.id FROM wanted w CROSS JOIN tags c ON c.parent_id = w.id)`;

/** Tracks that have all that is asked for, by index: never by looking through the tracks. */
export const taggedTracks = (asked: string): string => `${wanted(asked)}
  SELECT x.track_id FROM wanted w CROSS JOIN track_tags x ON x.tag_id = w.id
  WHERE (x.track_id % 1024 <> 0 OR within_deadline())
  GROUP BY x.track_id HAVING count(DISTINCT w.n) = json_array_length(${asked})`;

/** The same as a condition on the track `t`: quicker than {@link taggedTracks} where few tracks are left to judge. */
export const hasTags = (
  asked: string,
): string => `(${wanted(asked)}, once AS MATERIALIZED (SELECT n, id FROM wanted)
  SELECT count(DISTINCT w.n) FROM once w CROSS JOIN track_tags x ON x.tag_id = w.id WHERE x.track_id = t.id)
    = json_array_length(${asked})`;

export const tagFilter: Filter = {
  parameters: { tag: tagsText },
  column: "t.id",
  condition: (column) => `${column} IN (${taggedTracks("@tag")})`,
  drives: true,
  scans: "tags",
};
