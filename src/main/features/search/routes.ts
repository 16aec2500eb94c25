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
  description: "In auto mode: whether the hit holds what was typed, or what may have been meant.",
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

/** The page of a type beside the tracks. */
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
    "How many of the tracks that were found have which genre, artist, decade: those of most tracks first, twenty at the most. A decade's `id` is its first year. Where the answer is `bounded`, of those that were ranked.",
});

const foundSchema = pageSchema(hitSchema)
  .extend({
    total: z.int().meta({
      description: "How many were found; when `bounded`, of those that were looked at: there are more.",
    }),
    artists: namedHits("Artist", "artist"),
    albums: namedHits("Album", "album"),
    playlists: namedHits("Playlist", "playlist"),
    facets: facetsSchema,
    did_you_mean: z
      .string()
      .nullable()
      .optional()
      .meta({ description: "In auto mode: what may have been meant, where little was found." }),
    bounded: z.boolean().meta({ description: "More matched than are ranked; add a word or a filter." }),
    corrected: z.record(z.string(), z.string()).optional(),
    fused: z
      .array(z.enum(["text", ...VECTOR_KINDS]))
      .optional()
      .meta({
        description:
          "In hybrid mode: the lists that had something to say. `text` alone: there are no vectors to compare (yet).",
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

/** What turns texts into vectors: see the feature `discover`. */
interface Sentences {
  readonly embedder: string;
  embed(texts: readonly string[]): Promise<string[]>;
}

/**
 * What a search in hybrid mode is embedded as. A model that fails is no reason for a search to: it then goes by the
 * text and what is like its hits, as it does without a model.
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
    summary: "Search tracks, and beside them artists, albums and playlists",
    description:
      "Tracks are found by what they, their artist, album and composer are called; with `types` also artists, albums and playlists by their names. All words must be found, accents and endings aside; in hybrid mode tracks that are like the best hits come beside them. `score` is higher for better hits; `highlights` is HTML.",
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
    summary: "Names of artists, albums and tracks that begin so, the popular ones first",
    description: "May be up to an hour old; Age says how old.",
    read: SUGGESTIONS_READ,
    answers,
    response: { description: "Best first.", body: pageSchema(suggestionSchema) },
  }),
  readRoute({
    path: "/v1/search/popular",
    access: "catalogue:read",
    tag: "search",
    summary: "What was searched for most in the last seven days",
    description: "Searches that found nothing are not counted. May be up to an hour old; Age says how old.",
    read: POPULAR_READ,
    answers,
    response: {
      description: "Most frequent first.",
      body: pageSchema(popularSchema),
    },
  }),
];
