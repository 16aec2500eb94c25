import { z } from "zod";
import { slugify } from "../../../shared/names.ts";
import type { Param } from "../../../shared/protocol.ts";
import { cursorText, limitText, MAX_ID, TEXT_PATTERN, text, typed } from "../../http/fields.ts";
import type { QueryVector } from "./hybrid.ts";

/** What a search takes, and its filters as SQL. */
export interface SearchParams {
  readonly q: string;
  readonly mode: "auto" | "text" | "fuzzy" | "hybrid";
  readonly genre?: Named | undefined;
  readonly artist?: Named | undefined;
  readonly album?: Named | undefined;
  readonly tag?: string | undefined;
  readonly year_from?: number | undefined;
  readonly year_to?: number | undefined;
  readonly price_max?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** Of a search in hybrid mode, where a sentence model is configured: no client gives it. */
  readonly vector?: QueryVector | undefined;
}

/** An entity by its id, or by its name as a slug: case, accents and punctuation make no difference. */
type Named = { readonly id: number } | { readonly slug: string };

/** Characters of a search. */
export const MAX_QUERY = 300;

const named = (noun: string) =>
  text(300)
    .transform((value): Named => {
      const id = /^[1-9]\d{0,15}$/.test(value) ? Number(value) : Number.NaN;
      return id <= MAX_ID ? { id } : { slug: slugify(value) };
    })
    .optional()
    .meta({
      override: { type: "string", maxLength: 300 },
      description: `Only of this ${noun}: its id or its name, case and accents aside.`,
    });

const year = z
  .string()
  .regex(/^\d{4}$/, "must be a year of four digits")
  .transform(Number)
  .optional()
  .meta({
    override: { type: "integer", minimum: 1000, maximum: 9999 },
    description: "Of the album's release.",
  });

const price = z
  .string()
  .regex(/^\d{1,7}(\.\d{1,2})?$/, "must be an amount with at most two decimals")
  .transform((value) => Math.round(Number(value) * 100))
  .optional()
  .meta({ override: { type: "number", minimum: 0 }, example: 0.99 });

export const searchParams = z.strictObject({
  q: typed(MAX_QUERY)
    .refine((value) => value.trim() !== "", "must not be blank")
    .transform((value) => value.trimStart().replace(/\s+$/, " "))
    .meta({
      override: { type: "string", minLength: 1, maxLength: MAX_QUERY, pattern: TEXT_PATTERN },
      description:
        'Words, "phrases", prefix*, AND, OR, NOT, -word and parentheses. The last word may be unfinished, unless a blank or a quotation mark follows.',
      example: "river",
    }),
  mode: z.enum(["auto", "text", "fuzzy", "hybrid"]).default("auto").meta({
    description:
      "auto forgives misspellings where text finds little; text finds words alone, fuzzy always forgives; hybrid adds tracks that are like the best hits.",
  }),
  genre: named("genre"),
  artist: named("artist"),
  album: named("album"),
  tag: text(100)
    .transform(slugify)
    .optional()
    .meta({ override: { type: "string", maxLength: 100 }, description: "Only tracks with this tag." }),
  year_from: year,
  year_to: year,
  price_max: price,
  limit: limitText,
  cursor: cursorText,
}) as unknown as z.ZodType<SearchParams>;

export interface SqlFilters {
  /** A query for the ids of tracks that can come into question at all, when a filter names few enough of them. */
  readonly own: string | undefined;
  /** A query for the genres that can: the text index itself knows whose genre is which. */
  readonly genres: string | undefined;
  /** Conditions on `t` (tracks) and `al` (its album), all of them. */
  readonly conditions: readonly string[];
  /** Those that the text index cannot judge. */
  readonly unindexed: readonly string[];
  readonly params: Readonly<Record<string, Param>>;
}

export function sqlFilters(params: SearchParams): SqlFilters {
  const { genre, artist, album, tag, year_from, year_to, price_max } = params;
  const given = { genre, artist, album };
  const genres = genre && idsOf("genres", "genre", genre);
  const unindexed = [
    artist && `al.artist_id IN (${idsOf("artists", "artist", artist)})`,
    album && `t.album_id IN (${idsOf("albums", "album", album)})`,
    tag !== undefined &&
      "EXISTS (SELECT 1 FROM track_tags WHERE track_id = t.id AND tag_id = (SELECT id FROM tags WHERE slug = likely(@tag)))",
    year_from !== undefined && "al.release_date >= likely(@year_from)",
    year_to !== undefined && "al.release_date < likely(@year_to)",
    price_max !== undefined && "+t.unit_price_cents <= likely(@price_max)",
  ].filter((condition) => typeof condition === "string");
  const values: Record<string, Param | undefined> = {
    ...Object.fromEntries(Object.entries(given).map(([name, value]) => [name, value && keyOf(value)])),
    tag,
    year_from: year_from === undefined ? undefined : `${String(year_from).padStart(4, "0")}-01-01`,
    year_to: year_to === undefined ? undefined : `${String(year_to + 1).padStart(4, "0")}-01-01`,
    price_max,
  };
  const conditions = genres === undefined ? unindexed : [`t.genre_id IN (${genres})`, ...unindexed];
  return { own: own(artist, album), genres, conditions, unindexed, params: withoutUndefined(values) };
}

const withoutUndefined = (values: Readonly<Record<string, Param | undefined>>): Record<string, Param> =>
  Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Param] => entry[1] !== undefined),
  );

const keyOf = (value: Named): Param => ("id" in value ? value.id : value.slug);

const idsOf = (table: string, parameter: string, value: Named): string =>
  `SELECT id FROM ${table} WHERE ${"id" in value ? "id" : "slug"} = likely(@${parameter})`;

function own(artist: Named | undefined, album: Named | undefined): string | undefined {
  if (album !== undefined)
    return `SELECT id FROM tracks WHERE album_id IN (${idsOf("albums", "album", album)})`;
  if (artist === undefined) return undefined;
  return `SELECT x.id FROM albums y CROSS JOIN tracks x ON x.album_id = y.id
    WHERE y.artist_id IN (${idsOf("artists", "artist", artist)})`;
}
