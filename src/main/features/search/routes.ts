import { z } from "zod";
import { VECTOR_KINDS } from "../../../shared/embedders/embedder.ts";
import type { Answers } from "../../engine/reads/answers.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import type { Route } from "../../http/route.ts";
import { KINDS } from "../../model/kinds.ts";
import type { NamedType, SearchParams } from "./filters.ts";
import type { SearchKeeper } from "./keeper.ts";
import { NAMED_TYPES } from "./names.ts";
import { parseSearch, wantedTerms } from "./query.ts";
import { SEARCH_READ } from "./search.ts";
import { POPULAR_READ } from "./statistics.ts";
import { SUGGESTIONS_READ } from "./suggestions.ts";

const highlight = z.string().nullable();
const match = z.enum(["exact", "approximate"]).optional().meta({
  description: "In auto mode: whether the hit matches the typed words, or is a fuzzy match.",
});
const hitSchema = z
  .object({
    ...KINDS.tracks.schema.shape,
    score: z.number(),
    match,
    highlights: z.object({
      name: z.string(),
      album_title: highlight,
      artist_name: highlight,
      composer: highlight,
    }),
  })
  .meta({ id: "SearchHit" });

/** The page of one of the other types. */
const namedHits = (id: string, type: NamedType) =>
  z
    .object({
      data: z.array(
        z
          .object({
            ...NAMED_TYPES[type].kind.schema.shape,
            score: z.number(),
            match,
            highlights: z.object(
              Object.fromEntries(Object.keys(NAMED_TYPES[type].marked).map((name) => [name, z.string()])),
            ),
          })
          .meta({ id: `${id}Hit` }),
      ),
      next: z
        .string()
        .nullable()
        .meta({ description: `The next page's \`cursor\`, with \`types=${type}\`; null on the last one.` }),
      total: z.int(),
    })
    .meta({ id: `${id}Hits` })
    .optional();

const facet = z
  .array(z.object({ id: z.int(), name: z.string(), count: z.int().min(1) }).meta({ id: "FacetValue" }))
  .max(20)
  .optional();
const facetsSchema = z.object({ genre: facet, artist: facet, decade: facet }).optional().meta({
  description:
    "Numbers of found tracks by genre, artist and decade: the largest first, up to twenty. A decade's `id` is its first year. If the answer is `bounded`, only ranked tracks are counted.",
});

const foundSchema = pageSchema(hitSchema)
  .extend({
    total: z.int().meta({
      description: "Tracks found; if `bounded`, a lower bound: not all matches were examined.",
    }),
    artists: namedHits("Artist", "artist"),
    albums: namedHits("Album", "album"),
    playlists: namedHits("Playlist", "playlist"),
    facets: facetsSchema,
    did_you_mean: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "In auto mode: a corrected query, if little was found." }),
    bounded: z.boolean().meta({ description: "More matched than are ranked; add a word or a filter." }),
    corrected: z.record(z.string(), z.string()).optional(),
    fused: z
      .array(z.enum(["text", ...VECTOR_KINDS]))
      .optional()
      .meta({
        description:
          "In hybrid mode: the lists that are not empty. `text` alone: there are no vectors to compare (yet).",
      }),
  })
  .meta({ id: "SearchPage" });

const suggestionSchema = z
  .object({
    kind: z.enum(["artist", "album", "track"]),
    id: z.int(),
    name: z.string(),
  })
  .meta({ id: "Suggestion" });
const popularSchema = z.object({ query: z.string(), searches: z.int() }).meta({ id: "PopularSearch" });

/** Embeds texts: see the feature `discover`. */
interface Sentences {
  readonly embedder: string;
  embed(texts: readonly string[]): Promise<string[]>;
}

/**
 * The query's vector for hybrid mode. If the model fails, the search goes on without: by the text, and by
 * similarity to its hits.
 */
const withVector =
  (sentences: Sentences) =>
  async (params: SearchParams): Promise<SearchParams> => {
    if (params.mode !== "hybrid") return params;
    const query = parseSearch(params.q);
    if (query === undefined) return params;
    const text = wantedTerms(query)
      .map((term) => term.text)
      .join(" ");
    const [vector] = await sentences.embed([text]).catch(() => []);
    return vector ? { ...params, vector: { embedder: sentences.embedder, vector } } : params;
  };

export const searchRoutes = (
  answers: Answers,
  keeper: Pick<SearchKeeper, "searched">,
  sentences: Sentences | undefined,
): Route[] => [
  readRoute({
    path: "/v1/search",
    access: "catalogue:read",
    load: "search",
    tag: "search",
    summary: "Search tracks, artists, albums and playlists",
    description:
      "Tracks are found by their own name and those of artist, album and composer; with `types` also artists, albums and playlists by name. All words must match; accents and word endings are ignored. Hybrid mode adds tracks similar to the best hits. `score` is higher for better hits; `highlights` is HTML.",
    read: SEARCH_READ,
    answers,
    response: { description: "Best first.", body: foundSchema },
    ...(sentences === undefined ? {} : { complete: withVector(sentences) }),
    onServed: (key, entry) => keeper.searched(key, entry),
  }),
  readRoute({
    path: "/v1/search/suggestions",
    access: "catalogue:read",
    load: "search",
    tag: "search",
    summary: "Names of artists, albums and tracks that begin with a text, popular ones first",
    description: "May be up to an hour old; Age says how old.",
    read: SUGGESTIONS_READ,
    answers,
    response: { description: "Best first.", body: pageSchema(suggestionSchema) },
  }),
  readRoute({
    path: "/v1/search/popular",
    access: "catalogue:read",
    tag: "search",
    summary: "The most frequent searches of the last seven days",
    description: "Searches that found nothing are not counted. May be up to an hour old; Age says how old.",
    read: POPULAR_READ,
    answers,
    response: {
      description: "Most frequent first.",
      body: pageSchema(popularSchema),
    },
  }),
];
