import { remembered } from "../../engine/remembered.ts";
import { actionRoute } from "../../http/action-route.ts";
import { discover } from "../discover/feature.ts";
import { feature } from "../feature.ts";
import { jobs } from "../jobs/feature.ts";
import { ftsCommands } from "./command-line.ts";
import { ftsCoverageOf } from "./coverage.ts";
import { SearchKeeper } from "./keeper.ts";
import { ftsThrough, optimizeThrough } from "./maintenance.ts";
import { printMatch } from "./match.ts";
import { parseSearch } from "./query.ts";
import { searchRoutes } from "./routes.ts";
import { SEARCH_FIRST_READ, SEARCH_READ } from "./search.ts";
import { POPULAR_READ, RECORD_SEARCHES } from "./statistics.ts";
import {
  POPULAR_NAMES_READ,
  POPULARITY_READ,
  REPLACE_POPULARITY,
  REPLACE_SUGGESTIONS,
  SUGGESTIONS_READ,
} from "./suggestions.ts";
import { COVERAGE_READ, FTS_ACTIONS, FTS_COMMANDS } from "./upkeep.ts";
import { LEARN } from "./vocabulary.ts";

/** Maximum age of the coverage: counting it scans the whole catalogue. */
const COUNTED_MS = 60_000;

const value = feature({
  name: "search",
  reads: [
    SEARCH_READ,
    SEARCH_FIRST_READ,
    SUGGESTIONS_READ,
    POPULAR_NAMES_READ,
    POPULARITY_READ,
    POPULAR_READ,
    COVERAGE_READ,
  ],
  commands: [...Object.values(FTS_COMMANDS), LEARN, RECORD_SEARCHES, REPLACE_SUGGESTIONS, REPLACE_POPULARITY],
  open({ engine, use }) {
    const { answers, commands, log } = engine;
    const keeper = new SearchKeeper({ commands, answers, log });
    const textCoverage = remembered(COUNTED_MS, () => ftsCoverageOf(answers));
    const action = (
      method: "GET" | "POST",
      name: keyof typeof FTS_ACTIONS,
      access: "operate" | "operate:read",
      summary: string,
    ) =>
      actionRoute({ method, path: `/admin/fts/${name}`, access, summary }, () => FTS_ACTIONS[name](commands));
    const rebuild = actionRoute(
      { method: "POST", path: "/admin/fts/rebuild", access: "operate", summary: "Rebuild the text index" },
      () => use(jobs).jobs.run("fts.rebuild", async () => FTS_ACTIONS.rebuild(commands)),
    );
    return {
      /** Share of tracks in the text index; undefined if unknown. Up to a minute old. */
      textCoverage,
      routes: [
        ...searchRoutes(answers, keeper, use(discover).sentences),
        rebuild,
        action("POST", "optimize", "operate", "Merge the segments of the text index"),
        action("POST", "validate", "operate", "Compare text index and catalogue"),
        action("GET", "stats", "operate:read", "What the text index holds"),
      ],
      gauges: { ftsCoverage: textCoverage },
      onCommit: (tags) => keeper.wrote(tags),
      close: () => keeper.close(),
    };
  },
  upkeep: [FTS_COMMANDS.merge],
  commandLine: ftsCommands,
});

/** The typed words as an expression for `tracks_fts MATCH`; undefined if there is no word. */
function matchOf(q: string): string | undefined {
  const query = parseSearch(q);
  return query === undefined ? undefined : printMatch(query);
}

/** Search, suggestions, popular searches, and maintenance of the text index. */
export const search = Object.freeze({ ...value, fts: ftsThrough, optimize: optimizeThrough, matchOf });
