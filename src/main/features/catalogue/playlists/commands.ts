import { z } from "zod";
import type { Guard, Param, Statement } from "../../../../shared/protocol.ts";
import { type Command, type CommandContext, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED_IF_MATCHED } from "../../../engine/commands/guards.ts";
import { idText, text } from "../../../http/fields.ts";
import { etagOf, jsonOf, KINDS } from "../../../model/kinds.ts";
import { keep } from "../bin/relations.ts";
import { auditOf, insert, matches, patchBody } from "../commands.ts";
import { type Asker, changeable, visible } from "./access.ts";

const KIND = KINDS.playlists;
/** Playlists of one user, and tracks of one playlist. */
export const MAX_PLAYLISTS = 1_000;
export const MAX_ENTRIES = 10_000;
/** How far apart positions are: see the migration. */
export const GAP = 1_048_576;

type Body = Record<string, unknown>;
interface CreateInput {
  readonly asker: Asker;
  readonly body: Body;
}
export interface PlaylistInput {
  readonly asker: Asker;
  readonly id: number;
}
interface PatchInput extends PlaylistInput {
  readonly body: Body;
}
interface CopyInput extends PlaylistInput {
  readonly body: z.infer<typeof copyBody>;
}

export const asker = z.strictObject({
  user: z.int().nullable(),
  editor: z.union([z.literal(0), z.literal(1)]),
}) as z.ZodType<Asker>;
/** Input of a command about one playlist: who asks, which, and the rest. */
export const playlistInput = <I>(rest: z.core.$ZodShape = {}): z.ZodType<I> =>
  z.strictObject({ asker, id: idText, ...rest }) as unknown as z.ZodType<I>;

const TOO_MANY: Guard = {
  must: "find_none",
  otherwise: { code: "limit_reached", detail: `a user has at most ${MAX_PLAYLISTS} playlists` },
};
/** What belongs to nobody is not counted: editors are trusted. */
const roomForOne = (user: number | null): Statement =>
  statement(
    `SELECT '', 'there are ' || count(*) FROM playlists WHERE owner_id = likely(@user) HAVING count(*) >= ${MAX_PLAYLISTS}`,
    { user },
    TOO_MANY,
  );

const playlist = (condition: string, params: Record<string, Param> = {}): Statement =>
  statement(
    `SELECT ${jsonOf(KIND)} AS body, ${etagOf(KIND)} AS etag FROM ${KIND.from} WHERE ${condition}`,
    params,
  );
export const playlistAnswer = ({ id }: { readonly id: number }): Statement =>
  playlist("t.id = likely(@id)", { id });
/** Ids only grow: the highest is the one just made. */
const newest = (): Statement => playlist("t.id = (SELECT max(id) FROM playlists)");

const ownerTags = ({ user }: Asker): string[] => [
  "playlists",
  ...(user === null ? [] : [`playlists-of:${user}`]),
];
/** A playlist changes with its entries, and so does its ETag. */
export const playlistTags = ({ id, asker }: PlaylistInput): string[] => [
  `playlists:${id}`,
  ...ownerTags(asker),
];

/** Bumps the version, under the preconditions of the request. */
export const touch = (
  { id }: PlaylistInput,
  { now, ifMatch, ifNoneMatch }: CommandContext,
  columns: Record<string, Param> = {},
): Statement => {
  const sets = Object.keys(columns).map((name) => `${name} = @${name}, `);
  return statement(
    `UPDATE playlists SET ${sets.join("")}version = version + 1, updated_at = @now
     WHERE id = likely(@id) AND ${matches(KIND)}`,
    { ...columns, id, now, if_match: ifMatch, if_none_match: ifNoneMatch },
    CHANGED_IF_MATCHED,
  );
};

/** Private unless it says otherwise; what belongs to nobody is public. */
const visibilityOf = ({ user }: Asker): string => (user === null ? "public" : "private");

const create: Command<CreateInput> = command({
  name: "playlists.create",
  input: z.strictObject({ asker, body: KIND.input }) as unknown as z.ZodType<CreateInput>,
  statements: ({ asker, body }, { now, uuid }) => [
    roomForOne(asker.user),
    insert("playlists", {
      visibility: visibilityOf(asker),
      ...KIND.toColumns(body),
      ...{ owner_id: asker.user, public_id: uuid(), created_at: now, updated_at: now },
    }),
  ],
  answer: newest,
  tags: ({ asker }) => ownerTags(asker),
});

const patch: Command<PatchInput> = command({
  name: "playlists.patch",
  input: playlistInput<PatchInput>({ body: patchBody(KIND) }),
  statements: (input, context) => [
    ...changeable(input.id, input.asker),
    touch(input, context, KIND.toColumns(input.body)),
  ],
  answer: playlistAnswer,
  audit: auditOf(KIND),
  tags: playlistTags,
});

const remove: Command<PlaylistInput> = command({
  name: "playlists.delete",
  input: playlistInput<PlaylistInput>(),
  statements: ({ id, asker }, { now, ifMatch, ifNoneMatch }) => [
    ...changeable(id, asker),
    keep("playlists", id, now),
    statement(
      `DELETE FROM playlists WHERE id = likely(@id) AND ${matches(KIND)}`,
      { id, if_match: ifMatch, if_none_match: ifNoneMatch },
      CHANGED_IF_MATCHED,
    ),
  ],
  audit: auditOf(KIND),
  tags: (input) => [...playlistTags(input), "bin"],
});

export const copyBody = z.strictObject({ name: text(200).optional() }).meta({ id: "PlaylistCopy" });

/** With its order and its duplicates, private, and from then on a playlist of its own. */
const copy: Command<CopyInput> = command({
  name: "playlists.copy",
  input: playlistInput<CopyInput>({ body: copyBody }),
  statements: ({ id, asker, body }, { now, uuid }) => {
    const columns = { owner_id: asker.user, visibility: visibilityOf(asker), public_id: uuid(), now, id };
    const { name = null, slug = null } = body.name === undefined ? {} : KIND.toColumns(body);
    return [
      visible(id, asker),
      roomForOne(asker.user),
      statement(
        `INSERT INTO playlists (public_id, slug, name, description, owner_id, visibility, allow_duplicates, created_at, updated_at)
         SELECT @public_id, coalesce(@slug, slug), coalesce(@name, name), description, @owner_id, @visibility,
           allow_duplicates, @now, @now FROM playlists WHERE id = likely(@id)`,
        { ...columns, name, slug },
      ),
      statement(
        `INSERT INTO playlist_tracks (playlist_id, track_id, position, added_at)
         SELECT (SELECT max(id) FROM playlists), track_id, position, @now FROM playlist_tracks
         WHERE playlist_id = likely(@id) ORDER BY position, id`,
        { id, now },
      ),
    ];
  },
  answer: newest,
  tags: ({ asker }) => ownerTags(asker),
});

export const PLAYLIST_COMMANDS = { create, patch, remove, copy };
