import { z } from "zod";
import type { Guard, Statement } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { FOUND, REFERENCES_KNOWN, UNKNOWN_ID } from "../../engine/commands/guards.ts";
import { id, idText } from "../../http/fields.ts";
import { etagOf, jsonOf, KINDS } from "../../model/kinds.ts";
import { MAX_SYNONYMS, treeRules } from "../../model/tags.ts";

export const mergeBody = z
  .strictObject({ into: id.meta({ description: "The tag that stays.", example: 2 }) })
  .meta({ id: "TagMerge" });

export interface MergeInput {
  readonly id: number;
  readonly body: { readonly into: number };
}

const FITTING: Guard = { must: "find_none", otherwise: { code: "invalid" } };
const FULL: Guard = {
  must: "find_none",
  otherwise: { code: "limit_reached", detail: `a tag has at most ${MAX_SYNONYMS} synonyms` },
};

/** Neither into itself nor into a narrower one; and narrower ones cannot change their type on the way. */
const UNFIT = `
  WITH RECURSIVE narrower (id) AS (SELECT likely(@id)
    UNION SELECT t.id FROM narrower n JOIN tags t ON t.parent_id = n.id)
  SELECT '/into', 'is the tag itself, or narrower than it' FROM narrower WHERE id = likely(@into)
  UNION ALL SELECT '/into', 'is not of the type of its narrower tags' WHERE EXISTS (
    SELECT 1 FROM tags c WHERE c.parent_id = likely(@id)
      AND c.type <> (SELECT type FROM tags WHERE id = likely(@into)))`;

/** Names of the merged tag become synonyms, but for those that stand for a tag of the type already. */
const SYNONYMS = `
  SELECT json_group_array(json(value)) FROM (
    SELECT value FROM tags k, json_each(k.synonyms) WHERE k.id = likely(@into)
    UNION ALL SELECT value FROM (
        SELECT json_array(slug, name) AS value, slug AS found FROM tags WHERE id = likely(@id)
        UNION ALL SELECT s.value, s.value ->> 0 FROM tags g, json_each(g.synonyms) s WHERE g.id = likely(@id))
      WHERE NOT EXISTS (SELECT 1 FROM tag_names n
        WHERE n.slug = found AND n.type = (SELECT type FROM tags WHERE id = likely(@into))))`;

/** Tracks, narrower tags and names go to the tag that stays; nothing that was tagged is lost. */
const merge: Command<MergeInput> = command({
  name: "tags.merge",
  input: z.strictObject({ id: idText, body: mergeBody }) as unknown as z.ZodType<MergeInput>,
  statements: ({ id, body: { into } }, { now }): Statement[] => {
    const both = { id, into };
    return [
      statement("SELECT 1 FROM tags WHERE id = likely(@id)", { id }, FOUND),
      statement(
        `SELECT '/into', '${UNKNOWN_ID}' WHERE NOT EXISTS (SELECT 1 FROM tags WHERE id = likely(@into))`,
        { into },
        REFERENCES_KNOWN,
      ),
      statement(UNFIT, both, FITTING),
      statement(
        `INSERT OR IGNORE INTO track_tags (track_id, tag_id, added_at)
         SELECT track_id, @into, added_at FROM track_tags WHERE tag_id = likely(@id)`,
        both,
      ),
      statement(
        "UPDATE tags SET parent_id = @into, version = version + 1, updated_at = @now WHERE parent_id = likely(@id)",
        { ...both, now },
      ),
      statement("DELETE FROM tag_names WHERE tag_id = likely(@id)", { id }),
      statement(
        `UPDATE tags SET version = version + 1, updated_at = @now, synonyms = (${SYNONYMS}) WHERE id = likely(@into)`,
        { ...both, now },
      ),
      statement(
        `SELECT '/into', 'it would have ' || json_array_length(synonyms) FROM tags
         WHERE id = likely(@into) AND json_array_length(synonyms) > ${MAX_SYNONYMS}`,
        { into },
        FULL,
      ),
      ...treeRules("likely(@into)", { into }),
      statement("DELETE FROM tags WHERE id = likely(@id)", { id }),
    ];
  },
  answer: ({ body: { into } }) =>
    statement(
      `SELECT ${jsonOf(KINDS.tags)} AS body, ${etagOf(KINDS.tags)} AS etag FROM tags t WHERE t.id = likely(@into)`,
      { into },
    ),
  audit: { object: ({ id }) => `tags:${id}` },
  tags: ({ id, body: { into } }) => [`tags:${id}`, `tags:${into}`, "tags"],
});

export const TAXONOMY_COMMANDS = { merge };
