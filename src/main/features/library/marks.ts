import { z } from "zod";
import type { Param } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED, FOUND } from "../../engine/commands/guards.ts";
import { decodeCursor, type OwnPageParams, pageOf } from "../../engine/reads/page.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { idText, pageParameters } from "../../http/fields.ts";
import { meOf, nameOf, SUBJECTS, type Subject, subject } from "./listener.ts";

/** Favourites and ratings: what a listener says of a track, an album or an artist, once each. */

export const starsBody = z
  .strictObject({ stars: z.int().min(1).max(5).meta({ example: 4 }) })
  .meta({ id: "NewRating" });

interface Mark {
  readonly table: "favourites" | "ratings";
  readonly time: "added_at" | "rated_at";
  /** Columns of its own. */
  readonly columns: readonly string[];
}
const FAVOURITE: Mark = { table: "favourites", time: "added_at", columns: [] };
const RATING: Mark = { table: "ratings", time: "rated_at", columns: ["stars"] };

const about = {
  kind: subject,
  id: z.int(),
  name: z.string().meta({ example: "Harbour Lights" }),
};
export const favouriteSchema = z.object({ ...about, added_at: z.iso.datetime() }).meta({ id: "Favourite" });
export const ratingSchema = z
  .object({ ...about, stars: z.int().min(1).max(5), rated_at: z.iso.datetime() })
  .meta({ id: "Rating" });

const jsonOf = ({ columns, time }: Mark): string =>
  `json_object('kind', t.kind, 'id', t.entity_id, 'name', ${nameOf("t")},
    ${[...columns, time].map((column) => `'${column}', t.${column}`).join(", ")})`;

export interface MarksParams extends OwnPageParams {
  readonly kind?: Subject | undefined;
}

function listSql(mark: Mark, { kind, cursor }: MarksParams): string {
  const conditions = [
    "t.user_id = likely(@me)",
    ...(kind === undefined ? [] : ["+t.kind = likely(@kind)"]),
    ...(cursor === undefined ? [] : [`(t.${mark.time}, t.id) < (likely(@after_key), likely(@after_id))`]),
  ];
  return pageOf(`SELECT ${jsonOf(mark)} AS item, t.${mark.time} AS sort_key, t.id AS sort_id
    FROM ${mark.table} t WHERE ${conditions.join(" AND ")} ORDER BY t.${mark.time} DESC, t.id DESC LIMIT @limit + 1`);
}

/** Latest first. */
const list = (mark: Mark): Read<MarksParams> =>
  read({
    name: `${mark.table}.list`,
    lane: "point",
    audience: "principal",
    params: z.strictObject({
      kind: subject.optional().meta({ description: "Only of this kind." }),
      ...pageParameters(`-${mark.time}`),
    }) as unknown as z.ZodType<MarksParams>,
    statement: (params) => {
      const { kind, limit, sort, principal } = params;
      const after = decodeCursor(params);
      const given: Record<string, Param> = { me: meOf(principal), limit, sort };
      if (kind !== undefined) given.kind = kind;
      if (after !== undefined) Object.assign(given, { after_key: after[0], after_id: after[1] });
      return { sql: listSql(mark, params), params: given };
    },
    cache: {
      ...QUERIES,
      tags: ({ principal }) => [`${mark.table}:${meOf(principal)}`, ...Object.keys(SUBJECTS)],
      joins: [],
    },
  });

export interface MarkInput {
  readonly me: number;
  readonly kind: Subject;
  readonly id: number;
}
interface RateInput extends MarkInput {
  readonly body: z.infer<typeof starsBody>;
}

const input = <I>(rest: z.core.$ZodShape = {}): z.ZodType<I> =>
  z.strictObject({ me: z.int().min(0), kind: subject, id: idText, ...rest }) as unknown as z.ZodType<I>;

const THIS = "user_id = likely(@me) AND kind = likely(@kind) AND entity_id = likely(@id)";
const keyOf = ({ me, kind, id }: MarkInput) => ({ me, kind, id });
/** Recommendations go by them too. */
const tagsOf =
  ({ table }: Mark) =>
  ({ me }: MarkInput): string[] => [`${table}:${me}`, `users:${me}`];

function put<I extends MarkInput>(
  mark: Mark,
  inputs: z.ZodType<I>,
  values: (input: I) => Record<string, Param>,
): Command<I> {
  const { table, time, columns } = mark;
  const names = [...columns, time];
  const sets =
    columns.length === 0
      ? "NOTHING"
      : `UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  return command({
    name: `${table}.put`,
    input: inputs,
    statements: (input, { now }) => [
      statement(
        `SELECT 1 FROM ${SUBJECTS[input.kind].table} WHERE id = likely(@id)`,
        { id: input.id },
        FOUND,
      ),
      statement(
        `INSERT INTO ${table} (user_id, kind, entity_id, ${names.join(", ")})
         VALUES (@me, @kind, @id, ${[...columns.map((name) => `@${name}`), "@now"].join(", ")}) ON CONFLICT DO ${sets}`,
        { ...keyOf(input), ...values(input), now },
      ),
    ],
    answer: (input) =>
      statement(`SELECT ${jsonOf(mark)} AS body, NULL AS etag FROM ${table} t WHERE ${THIS}`, keyOf(input)),
    // It is its own record: whose, of what, when.
    audit: "none",
    tags: tagsOf(mark),
  });
}

const remove = (mark: Mark): Command<MarkInput> =>
  command({
    name: `${mark.table}.delete`,
    input: input<MarkInput>(),
    statements: (input) => [statement(`DELETE FROM ${mark.table} WHERE ${THIS}`, keyOf(input), CHANGED)],
    audit: "none",
    tags: tagsOf(mark),
  });

export const MARK_READS = { favourites: list(FAVOURITE), ratings: list(RATING) };
export const MARK_COMMANDS = {
  like: put<MarkInput>(FAVOURITE, input<MarkInput>(), () => ({})),
  unlike: remove(FAVOURITE),
  rate: put<RateInput>(RATING, input<RateInput>({ body: starsBody }), ({ body }) => ({ stars: body.stars })),
  unrate: remove(RATING),
};
