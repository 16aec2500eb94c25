import { z } from "zod";
import { KINDS } from "../../model/kinds.ts";
import type { Answers } from "../../reads/answers.ts";
import { SEARCH_READ } from "../../search/search.ts";
import { readRoute } from "../read-route.ts";
import type { Route } from "../route.ts";
import { pageSchema } from "./catalogue.ts";

const highlight = z.string().nullable();
const hitSchema = z.object({
  ...KINDS.tracks.schema.shape,
  score: z.number(),
  highlights: z.object({
    name: z.string(),
    album_title: highlight,
    artist_name: highlight,
    composer: highlight,
  }),
});
const foundSchema = pageSchema(hitSchema).extend({
  bounded: z.boolean().meta({ description: "More matched than are ranked; add a word or a filter." }),
  corrected: z.record(z.string(), z.string()).optional(),
});

export const searchRoutes = (answers: Answers): Route[] => [
  readRoute({
    path: "/v1/search",
    tag: "search",
    summary: "Search tracks by what they, their artist, album and composer are called",
    description:
      "All words must be found, accents and endings aside. `score` is higher for better hits; `highlights` is HTML.",
    read: SEARCH_READ,
    answers,
    response: { description: "Best first.", body: foundSchema },
  }),
];
