import { DISCOVER_READS } from "../discover/registry.ts";
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
  ...DISCOVER_READS,
  IDEMPOTENCY_READ,
  SOURCE_READ,
];
