import { z } from "zod";
import { decodeCursor, type OwnPageParams, pageOf } from "../../engine/reads/page.ts";
import { QUERIES, type Read, read } from "../../engine/reads/read.ts";
import { pageParameters } from "../../http/fields.ts";
import { COMMENTED } from "./comments.ts";
import { meOf, nameOf } from "./listener.ts";

/** What a listener did, from several tables as one list. */

export const feedSchema = z
  .object({
    type: z.enum(["play", "favourite", "rating", "comment", "purchase"]),
    at: z.iso.datetime().meta({ description: "When; of a purchase as its invoice says." }),
    kind: z.enum([...COMMENTED, "invoices"]).meta({ description: "What of." }),
    id: z.int().meta({ description: "Of what it is about." }),
    name: z.string().nullable(),
    stars: z.int().optional(),
    text: z.string().nullable().optional(),
    total: z.number().optional(),
  })
  .meta({ id: "FeedEntry" });

interface Source {
  readonly type: string;
  readonly table: string;
  /** In an index after whose it is. */
  readonly time: string;
  readonly whose: string;
  readonly about: string;
  readonly more?: string;
}

const MARKED = "'kind', t.kind, 'id', t.entity_id, 'name'";
const SOURCES: readonly Source[] = [
  {
    ...{ type: "play", table: "plays", time: "played_at", whose: "t.user_id = likely(@me)" },
    about: "'kind', 'tracks', 'id', t.track_id, 'name', (SELECT name FROM tracks WHERE id = t.track_id)",
  },
  {
    ...{ type: "favourite", table: "favourites", time: "added_at", whose: "t.user_id = likely(@me)" },
    about: `${MARKED}, ${nameOf("t")}`,
  },
  {
    ...{ type: "rating", table: "ratings", time: "rated_at", whose: "t.user_id = likely(@me)" },
    about: `${MARKED}, ${nameOf("t")}, 'stars', t.stars`,
  },
  {
    ...{ type: "comment", table: "comments", time: "created_at", whose: "t.user_id = likely(@me)" },
    about: `${MARKED}, ${nameOf("t")}, 'text', t.text`,
  },
  {
    ...{ type: "purchase", table: "invoices", time: "invoice_date" },
    whose: "t.customer_id = (SELECT customer_id FROM users WHERE id = likely(@me))",
    about: "'kind', 'invoices', 'id', t.id, 'name', NULL, 'total', t.total_cents / 100.0",
  },
];

/** Rows of several tables in one order: a row's number, and which table it is of. */
const numberOf = (source: number): string => `t.id * ${SOURCES.length} + ${source}`;

/** As much of one table as a page may need. */
const part = ({ type, table, time, whose, about }: Source, source: number, after: boolean): string => `
  SELECT * FROM (
    SELECT json_object('type', '${type}', 'at', t.${time}, ${about}) AS item, t.${time} AS sort_key,
      ${numberOf(source)} AS sort_id
    FROM ${table} t WHERE ${whose}
      ${after ? `AND t.${time} <= likely(@after_key) AND (t.${time}, ${numberOf(source)}) < (likely(@after_key), likely(@after_id))` : ""}
    ORDER BY t.${time} DESC, t.id DESC LIMIT @limit + 1)`;

const sqlOf = (after: boolean): string =>
  pageOf(`
    SELECT item, sort_key, sort_id FROM (${SOURCES.map((source, i) => part(source, i, after)).join(" UNION ALL ")}) item
    ORDER BY sort_key DESC, sort_id DESC LIMIT @limit + 1`);

/** Latest first. */
export const FEED_READ: Read<OwnPageParams> = read({
  name: "library.feed",
  lane: "point",
  audience: "principal",
  params: z.strictObject({
    ...pageParameters("-at"),
  }) as unknown as z.ZodType<OwnPageParams>,
  statement: (params) => {
    const after = decodeCursor(params);
    return {
      sql: sqlOf(after !== undefined),
      params: {
        ...{ me: meOf(params.principal), limit: params.limit, sort: params.sort },
        ...(after === undefined ? {} : { after_key: after[0], after_id: after[1] }),
      },
    };
  },
  cache: {
    ...QUERIES,
    tags: ({ principal }) => {
      const me = meOf(principal);
      return [`users:${me}`, `accounts:${me}`, "comments", "invoices", ...COMMENTED];
    },
    joins: [],
  },
});
