import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { feature } from "../feature.ts";
import { commentRoutes } from "./comment-routes.ts";
import { COMMENT_COMMANDS, COMMENT_READS } from "./comments.ts";
import { FEED_READ, feedSchema } from "./feed.ts";
import { markRoutes } from "./mark-routes.ts";
import { MARK_COMMANDS, MARK_READS } from "./marks.ts";
import { searchRoutes } from "./search-routes.ts";
import { RUN_READ } from "./search-run.ts";
import { SEARCH_COMMANDS, SEARCH_READS } from "./searches.ts";

const { OF, ...COMMENTS } = COMMENT_READS;

/** What a listener keeps and says: favourites, ratings, comments, saved searches, and all of it in one list. */
export const library = feature({
  name: "library",
  reads: [
    ...Object.values(MARK_READS),
    ...Object.values(OF),
    ...Object.values(COMMENTS),
    ...Object.values(SEARCH_READS),
    RUN_READ,
    FEED_READ,
  ],
  commands: [
    ...Object.values(MARK_COMMANDS),
    ...Object.values(COMMENT_COMMANDS),
    ...Object.values(SEARCH_COMMANDS),
  ],
  open: ({ engine: { answers }, writes }) => ({
    routes: [
      ...markRoutes(answers, writes),
      ...commentRoutes(answers, writes),
      ...searchRoutes(answers, writes),
      readRoute({
        path: "/v1/feed",
        access: "library",
        tag: "library",
        operationId: "getFeed",
        summary: "What one did, latest first",
        description: "Plays, favourites, ratings, comments and purchases in one list.",
        read: FEED_READ,
        answers,
        response: { description: "A page.", body: pageSchema(feedSchema) },
      }),
    ],
  }),
});
