import { DISCOVER_READS } from "../discover/registry.ts";
import { SEARCH_READ } from "../search/search.ts";
import { POPULAR_READ } from "../search/statistics.ts";
import { POPULAR_NAMES_READ, SUGGESTIONS_READ } from "../search/suggestions.ts";
import { TAGS_READ, TRACK_TAGS_READ } from "../search/tags.ts";
import { COVERAGE_READ } from "../search/upkeep.ts";
import { IDEMPOTENCY_READ } from "../writes/idempotency.ts";
import { CATALOGUE_READS, NESTED_READS } from "./catalogue.ts";
import { CHART_READS, HISTORY_READ } from "./listening.ts";
import type { AnyRead } from "./read.ts";
import { SOURCE_READ } from "./source.ts";

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
