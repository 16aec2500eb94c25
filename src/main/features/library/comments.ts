import { z } from "zod";
import type { Guard, Param, Statement } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED_IF_MATCHED, FOUND } from "../../engine/commands/guards.ts";
import { decodeCursor, type OwnPageParams, type PageParams, pageOf } from "../../engine/reads/page.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { id, idText, pageParameters, prose } from "../../http/fields.ts";
import { meOf, nameOf } from "./listener.ts";

/** What people say of tracks, albums, artists and playlists. Text is text: whoever shows it escapes it. */

export const COMMENTED = ["tracks", "albums", "artists", "playlists"] as const;
export type Commented = (typeof COMMENTED)[number];
export const commented = z.enum(COMMENTED);

const MAX_TEXT = 4_000;
/** Minutes for which an author may change a comment. */
const EDIT_MINUTES = 15;

const textField = prose(MAX_TEXT).meta({ example: "The second verse!" });
export const commentBody = z
  .strictObject({
    text: textField,
    parent_id: id.optional().meta({
      description: "The comment that it replies to, of the same thing. A reply has no replies.",
    }),
  })
  .meta({ id: "NewComment" });
export const commentChange = z.strictObject({ text: textField }).meta({ id: "CommentChange" });

export const commentSchema = z
  .object({
    id: z.int(),
    kind: commented,
    entity_id: z.int(),
    parent_id: z.int().nullable(),
    user_id: z.int().nullable().meta({ description: "Null without an account, and where it was deleted." }),
    user_name: z.string().nullable(),
    text: z.string().nullable().meta({ description: "Null where it was deleted and has replies." }),
    reply_count: z.int().min(0),
    created_at: z.iso.datetime(),
    edited_at: z.iso.datetime().nullable(),
  })
  .meta({ id: "Comment" });
export const ownCommentSchema = z
  .object({
    ...commentSchema.shape,
    name: z
      .string()
      .nullable()
      .meta({ description: "Of what it is about; null where one may no longer see it." }),
  })
  .meta({ id: "OwnComment" });

const FIELDS = `'id', t.id, 'kind', t.kind, 'entity_id', t.entity_id, 'parent_id', t.parent_id,
  'user_id', nullif(t.user_id, 0), 'user_name', (SELECT name FROM users WHERE id = t.user_id), 'text', t.text,
  'reply_count', t.reply_count, 'created_at', t.created_at, 'edited_at', t.edited_at`;
const JSON_OBJECT = `json_object(${FIELDS})`;
const ETAG = `'"c' || t.id || '-' || t.version || '"'`;
/** What is said of a private playlist is nobody's to read. */
const SEEN = `(t.kind <> 'playlists' OR EXISTS (
  SELECT 1 FROM playlists WHERE id = t.entity_id AND visibility <> 'private'))`;

/** Whether there is such a thing, and people may talk about it. */
const exists = (kind: Commented): string =>
  `SELECT 1 FROM ${kind} WHERE id = likely(@id)${kind === "playlists" ? " AND visibility <> 'private'" : ""}`;

interface Page extends PageParams {
  readonly id: number;
}
const pageShape = { ...pageParameters("id") };

const pageParams = ({ id, limit, sort, ...page }: Page): Record<string, Param> => ({
  ...{ id, limit, sort },
  after_id: decodeCursor({ sort, ...page })?.[1] ?? 0,
});

const items = (condition: string): string => `
  SELECT ${JSON_OBJECT} AS item, t.id AS sort_key, t.id AS sort_id FROM comments t
  WHERE ${condition} AND t.id > likely(@after_id) ORDER BY t.id LIMIT @limit + 1`;

const PEOPLE = "people";

/** Oldest first, without replies. */
const of = (kind: Commented): Read<Page> =>
  read({
    name: `${kind}.comments`,
    lane: "point",
    params: z.strictObject({ id: idText, ...pageShape }) as unknown as z.ZodType<Page>,
    statement: (page) => ({
      sql: pageOf(
        items(`t.kind = '${kind}' AND t.entity_id = likely(@id) AND t.parent_id IS NULL`),
        `WHERE EXISTS (${exists(kind)})`,
      ),
      params: pageParams(page),
    }),
    cache: {
      ...QUERIES,
      tags: ({ id }) => [`${kind}:${id}`, `comments-of:${kind}:${id}`, PEOPLE],
      joins: [],
    },
  });

const OF = Object.fromEntries(COMMENTED.map((kind) => [kind, of(kind)])) as Record<Commented, Read<Page>>;

const ABOUT = ["comments", "playlists", ...COMMENTED];

const ONE: Read<{ readonly id: number }> = read({
  name: "comments.get",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `SELECT ${JSON_OBJECT}, ${ETAG}, t.kind || ':' || t.entity_id FROM comments t WHERE t.id = likely(@id) AND ${SEEN}`,
    params: { id },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`comments:${id}`, PEOPLE], joins: ABOUT },
});

const REPLIES: Read<Page> = read({
  name: "comments.replies",
  lane: "point",
  params: z.strictObject({ id: idText, ...pageShape }) as unknown as z.ZodType<Page>,
  statement: (page) => ({
    sql: pageOf(
      items("t.parent_id = likely(@id)"),
      `WHERE EXISTS (SELECT 1 FROM comments t WHERE t.id = likely(@id) AND ${SEEN})`,
    ),
    params: pageParams(page),
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`comments:${id}`, PEOPLE, ...COMMENTED], joins: [] },
});

/** What one said oneself, latest first. */
const OWN: Read<OwnPageParams> = read({
  name: "comments.own",
  lane: "point",
  audience: "principal",
  params: z.strictObject({
    ...pageParameters("-created_at"),
  }) as unknown as z.ZodType<OwnPageParams>,
  statement: (params) => {
    const after = decodeCursor(params);
    return {
      sql: pageOf(`
        SELECT json_object(${FIELDS}, 'name', ${nameOf("t")}) AS item, t.created_at AS sort_key, t.id AS sort_id
        FROM comments t WHERE t.user_id = likely(@me)
          ${after === undefined ? "" : "AND (t.created_at, t.id) < (likely(@after_key), likely(@after_id))"}
        ORDER BY t.created_at DESC, t.id DESC LIMIT @limit + 1`),
      params: {
        ...{ me: meOf(params.principal), limit: params.limit, sort: params.sort },
        ...(after === undefined ? {} : { after_key: after[0], after_id: after[1] }),
      },
    };
  },
  // Moderators and repliers change them, too.
  cache: { ...QUERIES, tags: () => ["comments", PEOPLE, ...COMMENTED], joins: [] },
});

/** What a comment is about; a comment's own id is not known before it is made. */
interface About {
  readonly kind: Commented;
  readonly entity: number;
}
interface CreateInput extends About {
  readonly me: number;
  readonly body: z.infer<typeof commentBody>;
}
export interface CommentInput extends About {
  readonly id: number;
  readonly parent: number | null;
  readonly me: number;
}
interface PatchInput extends CommentInput {
  readonly body: z.infer<typeof commentChange>;
}
interface RemoveInput extends CommentInput {
  /** 1: who moderates takes down what others wrote. */
  readonly moderator: 0 | 1;
}

const aboutShape = { kind: commented, entity: z.int().min(1) };
const commentShape = { ...aboutShape, id: idText, parent: z.int().nullable(), me: z.int().min(0) };
const shaped = <I>(shape: z.core.$ZodShape): z.ZodType<I> => z.strictObject(shape) as unknown as z.ZodType<I>;

/** The entity shows how many there are. */
const aboutTags = ({ kind, entity }: About): string[] => [
  ...[kind, `${kind}:${entity}`, `comments-of:${kind}:${entity}`],
  "comments",
];
const commentTags = (input: CommentInput): string[] => [
  ...aboutTags(input),
  `comments:${input.id}`,
  ...(input.parent === null ? [] : [`comments:${input.parent}`]),
];

const PARENT: Guard = { must: "find_none", otherwise: { code: "reference_unknown" } };
const NOT_YOURS: Guard = {
  must: "find",
  otherwise: { code: "forbidden", detail: "the comment is another's" },
};
const TOO_LATE: Guard = {
  must: "find",
  otherwise: { code: "forbidden", detail: `a comment can be changed for ${EDIT_MINUTES} minutes` },
};

const create: Command<CreateInput> = command({
  name: "comments.create",
  input: shaped<CreateInput>({ ...aboutShape, me: z.int().min(0), body: commentBody }),
  statements: ({ kind, entity, me, body: { text, parent_id = null } }, { now }) => [
    statement(exists(kind), { id: entity }, FOUND),
    ...(parent_id === null ? [] : [parentKnown(kind, entity, parent_id)]),
    statement(
      `INSERT INTO comments (kind, entity_id, parent_id, user_id, text, created_at)
       VALUES (@kind, @entity, @parent_id, @me, @text, @now)`,
      { kind, entity, parent_id, me, text, now },
    ),
  ],
  answer: () =>
    statement(
      `SELECT ${JSON_OBJECT} AS body, ${ETAG} AS etag FROM comments t WHERE t.id = (SELECT max(id) FROM comments)`,
      {},
    ),
  audit: "none",
  tags: (input) => [
    ...aboutTags(input),
    ...(input.body.parent_id === undefined ? [] : [`comments:${input.body.parent_id}`]),
  ],
});

const parentKnown = (kind: Commented, entity: number, parent_id: number): Statement =>
  statement(
    `SELECT '/parent_id', 'there is no such comment of it that can be replied to' WHERE NOT EXISTS (
       SELECT 1 FROM comments WHERE id = likely(@parent_id) AND kind = likely(@kind) AND entity_id = likely(@entity)
         AND parent_id IS NULL AND text IS NOT NULL)`,
    { kind, entity, parent_id },
    PARENT,
  );

/** It is there, about what was said, and the asker's. */
const changeable = ({ id, kind, entity, me }: CommentInput, moderator: 0 | 1): Statement[] => [
  statement(
    `SELECT 1 FROM comments t WHERE t.id = likely(@id) AND t.kind = likely(@kind) AND t.entity_id = likely(@entity)
       AND t.text IS NOT NULL AND ${SEEN}`,
    { id, kind, entity },
    FOUND,
  ),
  statement(
    "SELECT 1 FROM comments WHERE id = likely(@id) AND (user_id = likely(@me) OR likely(@moderator))",
    { id, me, moderator },
    NOT_YOURS,
  ),
];

const MATCHES = `(@if_match IS NULL OR ${ETAG} IN (SELECT value FROM json_each(@if_match)))
  AND (@if_none_match IS NULL OR ${ETAG} NOT IN (SELECT value FROM json_each(@if_none_match)))`;

const patch: Command<PatchInput> = command({
  name: "comments.patch",
  input: shaped<PatchInput>({ ...commentShape, body: commentChange }),
  statements: (input, { now, ifMatch, ifNoneMatch }) => {
    const since = new Date(Date.parse(now) - EDIT_MINUTES * 60_000).toISOString();
    const { id, body } = input;
    return [
      ...changeable(input, 0),
      statement(
        "SELECT 1 FROM comments WHERE id = likely(@id) AND created_at >= likely(@since)",
        { id, since },
        TOO_LATE,
      ),
      statement(
        `UPDATE comments AS t SET text = @text, edited_at = @now, version = version + 1
         WHERE t.id = likely(@id) AND ${MATCHES}`,
        { id, text: body.text, now, if_match: ifMatch, if_none_match: ifNoneMatch },
        CHANGED_IF_MATCHED,
      ),
    ];
  },
  answer: ({ id }) =>
    statement(`SELECT ${JSON_OBJECT} AS body, ${ETAG} AS etag FROM comments t WHERE t.id = likely(@id)`, {
      id,
    }),
  audit: "none",
  tags: commentTags,
});

/** One with replies stays as their place; the last reply takes such a place along. */
const remove: Command<RemoveInput> = command({
  name: "comments.delete",
  input: shaped<RemoveInput>({ ...commentShape, moderator: z.union([z.literal(0), z.literal(1)]) }),
  statements: (input, { ifMatch, ifNoneMatch }) => [
    ...changeable(input, input.moderator),
    statement(
      `UPDATE comments AS t SET text = NULL, user_id = NULL, edited_at = NULL, version = version + 1
       WHERE t.id = likely(@id) AND ${MATCHES}`,
      { id: input.id, if_match: ifMatch, if_none_match: ifNoneMatch },
      CHANGED_IF_MATCHED,
    ),
    statement("DELETE FROM comments WHERE id = likely(@id) AND reply_count = 0", { id: input.id }),
  ],
  tags: commentTags,
});

export const COMMENT_READS = { ONE, REPLIES, OWN, OF };
export const COMMENT_COMMANDS = { create, patch, remove };
