import type { SqlFilters } from "./filters.ts";
import type { Query } from "./query.ts";
import { type Ranking, textParts } from "./text.ts";

export const fuzzyParts = (query: Query, filters: SqlFilters): Ranking => textParts(query, filters);
