import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import type { Guard, Param, Statement } from "../../../shared/protocol.ts";
import { hasWord } from "../../../shared/words.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED_IF_MATCHED, FOUND } from "../../engine/commands/guards.ts";
import { decodeCursor, type OwnPageParams, pageOf } from "../../engine/reads/page.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { id, idText, money, pageParameters, text, toCents } from "../../http/fields.ts";
import {
  type MetadataWishes,
  MOST_KEYS,
  metadataFilter,
  metadataKey,
  metadataRanges,
  metadataWish,
} from "../../model/metadata.ts";
import { askedTags, taggedTracks, WRONG_TAGS } from "../../model/tags.ts";
import { search as searching } from "../search/feature.ts";
import { meOf } from "./listener.ts";

/** Searches that are kept by name, and run whenever somebody looks: collections that fill themselves. */

/** Of one listener. */
const MAX_SEARCHES = 200;
/** Tracks that one shows at the most. */
const MOST = 1_000;

const year = z.int().min(1000).max(9999);
const duration = z.int().min(0).max(1_000_000_000);

export const SORTS = {
  id: "t.id",
  name: "t.name",
  milliseconds: "t.milliseconds",
  created_at: "t.created_at",
  release_date: "coalesce(al.release_date, '')",
} as const;
type SortName = keyof typeof SORTS;
const sortNames = Object.keys(SORTS).flatMap((name) => [name, `-${name}`]);

/** What keeps a text from being a search. It is judged when it is saved, so that every run has an answer. */
function wrongIn(q: string): string[] {
  try {
    searching.matchOf(q);
    return [];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.errors?.map(({ detail }) => detail) ?? [error.message];
  }
}

/** What is looked for: all of it must hold. */
export const searchFields = z
  .strictObject({
    q: text(300)
      .refine(hasWord, "must have a letter or a digit")
      .superRefine((q, context) => {
        for (const message of wrongIn(q)) context.addIssue({ code: "custom", message });
      })
      .optional()
      .meta({ description: "Words, as in /v1/search.", example: "river" }),
    mode: z
      .enum(["text"])
      .optional()
      .meta({ description: "`text`: the words as they are written, so that what is found stays found." }),
    genre_id: id.optional(),
    artist_id: id.optional(),
    album_id: id.optional(),
    tag: text(300)
      .refine((list) => askedTags(list) !== undefined, WRONG_TAGS)
      .optional()
      .meta({ description: "Tags, as in /v1/search: narrower ones count, too.", example: "mood:calm" }),
    metadata: z
      .record(metadataKey, metadataWish)
      .refine((wishes) => Object.keys(wishes).length <= MOST_KEYS, `must have at most ${MOST_KEYS} keys`)
      .optional()
      .meta({
        description: "Only tracks with this metadata: what a key is, begins with, or lies between.",
        example: { mood: { is: "calm" }, bpm: { min: "100", max: "140" } },
      }),
    year_from: year.optional().meta({ description: "Of the album's release.", example: 1990 }),
    year_to: year.optional().meta({ example: 1999 }),
    milliseconds_min: duration.optional(),
    milliseconds_max: duration.optional().meta({ example: 240_000 }),
    price_max: money.optional(),
    not_played_days: z
      .int()
      .min(1)
      .max(3_650)
      .optional()
      .meta({ description: "Only what whoever looks has not played in so many days.", example: 30 }),
    favourite: z.literal(true).optional().meta({ description: "Only favourites of whoever looks." }),
    stars_min: z
      .int()
      .min(1)
      .max(5)
      .optional()
      .meta({ description: "Only what whoever looks rated so, or better." }),
    sort: z
      .enum(sortNames as [string, ...string[]])
      .optional()
      .meta({ example: "-created_at" }),
    limit: z
      .int()
      .min(1)
      .max(MOST)
      .optional()
      .meta({ description: `At most ${MOST}.` }),
  })
  .meta({ id: "TrackSearch" });
export type TrackSearch = z.infer<typeof searchFields>;

const visibility = z
  .enum(["private", "public"])
  .meta({ description: "`public`: everybody who is logged in may look at what it finds." });
const name = text(200).meta({ example: "Rock of the nineties, not played this month" });
export const savedBody = z
  .strictObject({ name, search: searchFields, visibility: visibility.optional() })
  .meta({ id: "NewSavedSearch" });
export const savedChange = z
  .strictObject({ name: name.optional(), search: searchFields.optional(), visibility: visibility.optional() })
  .refine((body) => Object.keys(body).length > 0, "expected at least one field to change")
  .meta({ id: "SavedSearchChanges", minProperties: 1 });

export const savedSchema = z
  .object({
    id: z.int(),
    name: z.string(),
    search: z.looseObject({}).meta({ description: "As it was given." }),
    visibility,
    owner_id: z.int().nullable(),
    looked_at: z.iso.datetime().nullable().meta({ description: "When its owner last said so." }),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "SavedSearch" });

const JSON_OBJECT = `json_object('id', t.id, 'name', t.name, 'search', json(t.search), 'visibility', t.visibility,
  'owner_id', nullif(t.user_id, 0), 'looked_at', t.looked_at, 'created_at', t.created_at, 'updated_at', t.updated_at)`;
const ETAG = `'"s' || t.id || '-' || t.version || '-' || t.updated_at || '"'`;
const VISIBLE = "(t.user_id = likely(@me) OR t.visibility = 'public')";

const LIST: Read<OwnPageParams> = read({
  name: "saved_searches.list",
  lane: "point",
  audience: "principal",
  params: z.strictObject({
    ...pageParameters("id"),
  }) as unknown as z.ZodType<OwnPageParams>,
  statement: (params) => ({
    sql: pageOf(`
      SELECT ${JSON_OBJECT} AS item, t.id AS sort_key, t.id AS sort_id FROM saved_searches t
      WHERE t.user_id = likely(@me) AND t.id > likely(@after_id) ORDER BY t.id LIMIT @limit + 1`),
    params: {
      ...{ me: meOf(params.principal), limit: params.limit, sort: params.sort },
      after_id: decodeCursor(params)?.[1] ?? 0,
    },
  }),
  cache: { ...QUERIES, tags: ({ principal }) => [`searches-of:${meOf(principal)}`], joins: [] },
});

interface OneParams {
  readonly id: number;
  readonly principal?: string;
}
const ONE: Read<OneParams> = read({
  name: "saved_searches.get",
  lane: "point",
  audience: "principal",
  params: z.strictObject({ id: idText }) as unknown as z.ZodType<OneParams>,
  statement: ({ id, principal }) => ({
    sql: `SELECT ${JSON_OBJECT}, ${ETAG}, NULL FROM saved_searches t WHERE t.id = likely(@id) AND ${VISIBLE}`,
    params: { id, me: meOf(principal) },
  }),
  cache: { ...QUERIES, tags: ({ id }) => [`saved-searches:${id}`], joins: [] },
});

interface SavedInput {
  readonly me: number;
}
interface CreateInput extends SavedInput {
  readonly body: z.infer<typeof savedBody>;
}
export interface OneInput extends SavedInput {
  readonly id: number;
}
interface PatchInput extends OneInput {
  readonly body: z.infer<typeof savedChange>;
}

const shaped = <I>(shape: z.core.$ZodShape): z.ZodType<I> =>
  z.strictObject({ me: z.int().min(0), ...shape }) as unknown as z.ZodType<I>;
const tags = ({ id, me }: OneInput): string[] => [`saved-searches:${id}`, `searches-of:${me}`];

const FULL: Guard = {
  must: "find_none",
  otherwise: { code: "limit_reached", detail: `a listener has at most ${MAX_SEARCHES} saved searches` },
};
const NOT_YOURS: Guard = {
  must: "find",
  otherwise: { code: "forbidden", detail: "the saved search is another's" },
};

const create: Command<CreateInput> = command({
  name: "saved_searches.create",
  input: shaped<CreateInput>({ body: savedBody }),
  statements: ({ me, body: { name, search, visibility = "private" } }, { now }) => [
    statement(
      `SELECT '', 'there are ' || count(*) FROM saved_searches WHERE user_id = likely(@me) HAVING count(*) >= ${MAX_SEARCHES}`,
      { me },
      FULL,
    ),
    statement(
      `INSERT INTO saved_searches (user_id, name, search, visibility, created_at, updated_at)
       VALUES (@me, @name, @search, @visibility, @now, @now)`,
      { me, name, search: JSON.stringify(search), visibility, now },
    ),
  ],
  answer: () =>
    statement(
      `SELECT ${JSON_OBJECT} AS body, ${ETAG} AS etag FROM saved_searches t WHERE t.id = (SELECT max(id) FROM saved_searches)`,
      {},
    ),
  audit: "none",
  tags: ({ me }) => [`searches-of:${me}`, "saved-searches"],
});

const own = ({ id, me }: OneInput): Statement[] => [
  statement(`SELECT 1 FROM saved_searches t WHERE t.id = likely(@id) AND ${VISIBLE}`, { id, me }, FOUND),
  statement(
    "SELECT 1 FROM saved_searches WHERE id = likely(@id) AND user_id = likely(@me)",
    { id, me },
    NOT_YOURS,
  ),
];
const MATCHES = `(@if_match IS NULL OR ${ETAG} IN (SELECT value FROM json_each(@if_match)))
  AND (@if_none_match IS NULL OR ${ETAG} NOT IN (SELECT value FROM json_each(@if_none_match)))`;
const answer = ({ id }: OneInput): Statement =>
  statement(`SELECT ${JSON_OBJECT} AS body, ${ETAG} AS etag FROM saved_searches t WHERE t.id = likely(@id)`, {
    id,
  });

const patch: Command<PatchInput> = command({
  name: "saved_searches.patch",
  input: shaped<PatchInput>({ id: idText, body: savedChange }),
  statements: (input, { now, ifMatch, ifNoneMatch }) => {
    const { search, ...rest } = input.body;
    const columns = Object.fromEntries(
      Object.entries({ ...rest, search: search && JSON.stringify(search) }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      ),
    );
    const sets = Object.keys(columns).map((column) => `${column} = @${column}, `);
    return [
      ...own(input),
      statement(
        `UPDATE saved_searches AS t SET ${sets.join("")}version = version + 1, updated_at = @now
         WHERE t.id = likely(@id) AND ${MATCHES}`,
        { ...columns, id: input.id, now, if_match: ifMatch, if_none_match: ifNoneMatch },
        CHANGED_IF_MATCHED,
      ),
    ];
  },
  answer,
  audit: "none",
  tags,
});

/** What is added from now on is new. */
const look: Command<OneInput> = command({
  name: "saved_searches.look",
  input: shaped<OneInput>({ id: idText }),
  statements: (input, { now }) => [
    ...own(input),
    statement("UPDATE saved_searches SET looked_at = @now, version = version + 1 WHERE id = likely(@id)", {
      id: input.id,
      now,
    }),
  ],
  answer,
  audit: "none",
  tags,
});

const remove: Command<OneInput> = command({
  name: "saved_searches.delete",
  input: shaped<OneInput>({ id: idText }),
  statements: (input, { ifMatch, ifNoneMatch }) => [
    ...own(input),
    statement(
      `DELETE FROM saved_searches AS t WHERE t.id = likely(@id) AND ${MATCHES}`,
      { id: input.id, if_match: ifMatch, if_none_match: ifNoneMatch },
      CHANGED_IF_MATCHED,
    ),
  ],
  audit: "none",
  tags,
});

export const SEARCH_READS = { LIST, ONE };
export const SEARCH_COMMANDS = { create, patch, look, remove };

/** A condition on `t` (tracks) and `al` (its album) for each field, with what is bound for it. */
const CONDITIONS: Readonly<
  Record<string, (value: never, now: Date) => readonly [sql: string, value: Param]>
> = {
  q: (q: string) => [
    "t.id IN (SELECT rowid FROM tracks_fts WHERE tracks_fts MATCH likely(@q))",
    searching.matchOf(q) ?? '""',
  ],
  genre_id: (id: number) => ["t.genre_id = likely(@genre_id)", id],
  artist_id: (id: number) => [
    "t.album_id IN (SELECT id FROM albums WHERE artist_id = likely(@artist_id))",
    id,
  ],
  album_id: (id: number) => ["t.album_id = likely(@album_id)", id],
  metadata: (wishes: MetadataWishes) => [metadataFilter.condition("t.id"), metadataRanges(wishes) as string],
  tag: (list: string) => [`t.id IN (${taggedTracks("@tag")})`, askedTags(list) ?? "[]"],
  year_from: (year: number) => ["al.release_date >= likely(@year_from)", `${year}-01-01`],
  year_to: (year: number) => ["al.release_date < likely(@year_to)", `${year + 1}-01-01`],
  milliseconds_min: (value: number) => ["t.milliseconds >= likely(@milliseconds_min)", value],
  milliseconds_max: (value: number) => ["t.milliseconds <= likely(@milliseconds_max)", value],
  price_max: (value: number) => ["t.unit_price_cents <= likely(@price_max)", toCents(value)],
  not_played_days: (days: number, now: Date) => [
    `t.id NOT IN (SELECT track_id FROM plays WHERE user_id = likely(@me) AND played_at >= likely(@not_played_days))`,
    new Date(now.getTime() - days * 86_400_000).toISOString(),
  ],
  favourite: () => [
    "t.id IN (SELECT entity_id FROM favourites WHERE user_id = likely(@me) AND kind = 'tracks')",
    1,
  ],
  stars_min: (stars: number) => [
    `t.id IN (SELECT entity_id FROM ratings WHERE user_id = likely(@me) AND kind = 'tracks' AND stars >= likely(@stars_min))`,
    stars,
  ],
};

/** Conditions and what they bind. */
export function conditionsOf(
  search: TrackSearch,
  now: Date,
): [conditions: string[], values: Record<string, Param>] {
  const given = Object.entries(search).filter(([name]) => name in CONDITIONS);
  const made = given.map(([name, value]) => [name, CONDITIONS[name]!(value as never, now)] as const);
  return [made.map(([, [sql]]) => sql), Object.fromEntries(made.map(([name, [, value]]) => [name, value]))];
}

export const limitOf = ({ limit = MOST }: TrackSearch): number => limit;
export const sortOf = ({ sort = "id" }: TrackSearch): { name: SortName; down: boolean; sort: string } => ({
  name: sort.replace("-", "") as SortName,
  down: sort.startsWith("-"),
  sort,
});
