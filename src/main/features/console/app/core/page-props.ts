import type { Params } from "./match.ts";

/** What each page's component is given: the names of its path. */
export interface PageProps {
  readonly params: Params;
}
