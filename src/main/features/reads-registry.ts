import { IDEMPOTENCY_READ } from "../engine/commands/idempotency.ts";
import type { AnyRead } from "../engine/reads/read.ts";
import { SOURCE_READ } from "./bulk/source.ts";
import { CATALOGUE_READS, NESTED_READS } from "./catalogue/reads.ts";
import { TAGS_READ, TRACK_TAGS_READ } from "./catalogue/tags.ts";
import { DISCOVER_READS } from "./discover/registry.ts";
import { CHART_READS, HISTORY_READ } from "./listening/reads.ts";
import { SEARCH_READ } from "./search/search.ts";
import { POPULAR_READ } from "./search/statistics.ts";
import { POPULAR_NAMES_READ, SUGGESTIONS_READ } from "./search/suggestions.ts";
import { COVERAGE_READ } from "./search/upkeep.ts";

/** Every read there is. A new one is added here and beside its route, and nowhere else. */
export const READS: readonly AnyRead[] = [
  ...Object.values(CATALOGUE_READS).flatMap(({ entity, list, count }) => [entity, list, count]),
  ...Object.values(NESTED_READS),
  ...Object.values(CHART_READS),
  HISTORY_READ,
  SEARCH_READ,
  SUGGESTIONS_READ,
  POPULAR_NAMES_READ,
  POPULAR_READ,
  COVERAGE_READ,
  TAGS_READ,
  TRACK_TAGS_READ,
  ...DISCOVER_READS,
  IDEMPOTENCY_READ,
  SOURCE_READ,
];
