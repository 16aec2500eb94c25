import { z } from "zod";
import { slugify } from "../../../shared/names.ts";
import type { Param } from "../../../shared/protocol.ts";
import { cursorText, limitText, MAX_ID, TEXT_PATTERN, text, typed } from "../../http/fields.ts";
import { hasTags, tagsText } from "../../model/tags.ts";
import { FACETS, type Facet } from "./facets.ts";

/** The query's vector and its embedder. Vectors of another embedder are not comparable. */
export interface QueryVector {
  readonly embedder: string;
  /** Hexadecimal, as stored. */
  readonly vector: string;
}

/** Parameters of a search. Filters become SQL. */
export interface SearchParams {
  /** Empty if only filters are given. */
  readonly q: string;
  /** Requested types, without duplicates. */
  readonly types: readonly SearchType[];
  readonly facets: readonly Facet[];
  readonly mode: "auto" | "text" | "fuzzy" | "hybrid";
  readonly genre?: Named | undefined;
  readonly artist?: Named | undefined;
  readonly album?: Named | undefined;
  /** As `askedTags` returns it. */
  readonly tag?: string | undefined;
  readonly year_from?: number | undefined;
  readonly year_to?: number | undefined;
  readonly price_max?: number | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** For hybrid mode with a sentence model. Set by the server, never by clients. */
  readonly vector?: QueryVector | undefined;
}

/** What is found by its name alone. */
export type NamedType = "artist" | "album" | "playlist";
export type SearchType = "track" | NamedType;

/** An entity by its id, or by its name as a slug: case, accents and punctuation make no difference. */
type Named = { readonly id: number } | { readonly slug: string };

/** Maximum characters of a search. */
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
      description: `Only of this ${noun}: its id, or its name without regard to case and accents.`,
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
  .meta({
    override: { type: "number", minimum: 0, maximum: 9_999_999.99, multipleOf: 0.01 },
    example: 0.99,
  });

/** A subset of some names, separated by commas, deduplicated and in their usual order. */
const someOf = <T extends string>(names: readonly T[], usual: readonly T[]) => {
  const pattern = `^(${names.join("|")})(,(${names.join("|")})){0,${names.length - 1}}$`;
  return z
    .string()
    .regex(new RegExp(pattern), {
      error: `must be some of ${names.join(", ")}, separated by commas`,
      abort: true,
    })
    .transform((list) => names.filter((name) => list.split(",").includes(name)))
    .optional()
    .transform((list): readonly T[] => list ?? usual);
};

const TYPES: readonly SearchType[] = ["track", "artist", "album", "playlist"];

const fields = {
  q: typed(MAX_QUERY)
    .refine((value) => value.trim() !== "", "must not be blank")
    .transform((value) => value.trimStart().replace(/\s+$/, " "))
    .optional()
    .transform((value) => value ?? "")
    .meta({
      override: { type: "string", minLength: 1, maxLength: MAX_QUERY, pattern: TEXT_PATTERN },
      description:
        'Words, "phrases", prefix*, AND, OR, NOT, -word and parentheses. The last word may be unfinished, unless a blank or a quotation mark follows. Without it, all tracks that pass the filters are found, popular ones first.',
      example: "river",
    }),
  types: someOf(TYPES, ["track"]).meta({
    override: {
      type: "string",
      pattern: "^(track|artist|album|playlist)(,(track|artist|album|playlist)){0,3}$",
      default: "track",
    },
    description:
      "Types to search, separated by commas: track, artist, album, playlist. Tracks are in `data`; each other type has its own page. Other types need mode auto or text, and no filters.",
    example: "track,artist",
  }),
  facets: someOf(FACETS, []).meta({
    override: { type: "string", pattern: "^(genre|artist|decade)(,(genre|artist|decade)){0,2}$" },
    description: "Counts the found tracks by each attribute named here: genre, artist, decade.",
    example: "genre,decade",
  }),
  mode: z.enum(["auto", "text", "fuzzy", "hybrid"]).default("auto").meta({
    description:
      "text matches words; fuzzy also matches misspelt words; auto is text, and fuzzy where text finds little; hybrid adds tracks similar to the best hits.",
  }),
  genre: named("genre"),
  artist: named("artist"),
  album: named("album"),
  tag: tagsText.optional(),
  year_from: year,
  year_to: year,
  price_max: price,
  limit: limitText,
  cursor: cursorText,
};

const FILTERS = ["genre", "artist", "album", "tag", "year_from", "year_to", "price_max"] as const;

/** Invalid combinations, each with the parameter to leave out. */
function clashes(params: SearchParams): readonly (readonly [parameter: string, detail: string])[] {
  const { q, types, facets, mode, cursor } = params;
  const filter = FILTERS.find((name) => params[name] !== undefined);
  const named = types.some((type) => type !== "track");
  return [
    [q === "" && named, "types", "must be track without q"],
    [named && filter !== undefined, filter, "applies to tracks only, but other types are requested"],
    [
      named && mode !== "auto" && mode !== "text",
      "mode",
      "must be auto or text if types other than track are requested",
    ],
    [facets.length > 0 && !types.includes("track"), "facets", "count tracks, which are not requested"],
    [
      cursor !== undefined && types.length > 1,
      "cursor",
      "belongs to one type: request the next page of that type alone",
    ],
  ].flatMap(([clash, parameter, detail]) =>
    clash ? [[parameter as string, detail as string] as const] : [],
  );
}

export const searchParams = z.strictObject(fields).superRefine((params, context) => {
  for (const [parameter, message] of clashes(params as SearchParams))
    context.addIssue({ code: "custom", path: [parameter], message });
}) as unknown as z.ZodType<SearchParams>;

export interface SqlFilters {
  /** Everything that the SQL text depends on. */
  readonly shape: string;
  /** A query for the ids of candidate tracks, if a filter limits them to few. */
  readonly own: string | undefined;
  /** A query for candidate genres: the text index knows each track's genre. */
  readonly genres: string | undefined;
  /** All conditions, on `t` (tracks) and `al` (its album). */
  readonly conditions: readonly string[];
  /** The conditions that the text index cannot check. */
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
    ...(tag === undefined ? [] : [hasTags("likely(@tag)")]),
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
  const within = own(artist, album);
  const shape = [within, genres, ...conditions].join("\n");
  return { shape, own: within, genres, conditions, unindexed, params: withoutUndefined(values) };
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
