import { remembered } from "../../engine/remembered.ts";
import { actionRoute } from "../../http/action-route.ts";
import { feature } from "../feature.ts";
import { jobs } from "../jobs/feature.ts";
import { vectorCommands } from "./command-line.ts";
import { coverageOf, statsOf } from "./coverage.ts";
import { follow } from "./follow.ts";
import { isCatalogueChange, VectorGeneration } from "./generation.ts";
import { RECOMMENDATIONS_READ } from "./recommendations.ts";
import { discoverRoutes } from "./routes.ts";
import { Sentences } from "./sentences.ts";
import { KNOWN_SIMILAR_READ, NEAREST_READ, NEIGHBOURS_READ, SIMILAR_READ } from "./similar.ts";
import { SPREAD_COMMANDS } from "./spread-commands.ts";
import { VECTOR_COMMANDS } from "./vector-commands.ts";
import { VECTOR_READS, vectorTag } from "./vector-reads.ts";

/** Maximum age of the coverage: counting it scans the whole catalogue. */
const COUNTED_MS = 60_000;

const value = feature({
  name: "discover",
  reads: [
    ...VECTOR_READS,
    SIMILAR_READ,
    NEAREST_READ,
    NEIGHBOURS_READ,
    KNOWN_SIMILAR_READ,
    RECOMMENDATIONS_READ,
  ],
  commands: [...Object.values(VECTOR_COMMANDS), ...Object.values(SPREAD_COMMANDS)],
  prepare: ({ lyricModel }) => Sentences.open(lyricModel),
  open({ engine, writes, settings, use }, sentences: Sentences | undefined) {
    const { answers, commands, log, reads } = engine;
    const busy = () => engine.writes.queueLength > 0 || reads.queueLengths.scan > 0;
    const generation = new VectorGeneration({ answers, commands, sentences, busy, log, polite: true });
    const poke = () => {
      if (settings.vectorGeneration) generation.poke();
    };
    let started = false;
    const closing = new AbortController();
    return {
      /** The sentence model's thread, if the settings name a model. */
      sentences,
      vectorStats: () => statsOf(answers),
      routes: [
        ...discoverRoutes(answers, writes),
        actionRoute(
          {
            method: "GET",
            path: "/admin/vectors",
            access: "operate:read",
            summary: "Vector coverage",
          },
          () => statsOf(answers),
        ),
        actionRoute(
          {
            method: "POST",
            path: "/admin/vectors/generate",
            access: "operate",
            summary: "Compute missing and failed vectors",
          },
          async () => {
            await commands.execute(SPREAD_COMMANDS.request, {});
            generation.poke();
            follow(use(jobs).jobs, answers, closing.signal);
            return statsOf(answers);
          },
        ),
      ],
      gauges: { vectorCoverage: remembered(COUNTED_MS, () => coverageOf(answers)) },
      onCommit: (tags) => {
        if (started && isCatalogueChange(tags)) poke();
      },
      start: () => {
        started = true;
        poke();
      },
      close: () => {
        closing.abort();
        return generation.close();
      },
    };
  },
  commandLine: vectorCommands,
});

/** Vectors, similar tracks and recommendations. */
export const discover = Object.freeze({
  ...value,
  vectorTag,
  verifyVectors: async () => (await import("./verify.ts")).verifyVectors(),
});
