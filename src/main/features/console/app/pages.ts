import type { ComponentType } from "preact";
import { match, type Params } from "./core/match.ts";

export type Section = "listen" | "browse" | "watch" | "do";

/** What each page's component is given: the names of its path. */
export interface PageProps {
  readonly params: Params;
}

/** A page: one entry here, and a module whose default export is its component. */
export interface Page {
  readonly path: string;
  /** Shown until the page says its own. */
  readonly title: string;
  readonly section: Section | null;
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>;
}

/** The server reads this list, too: it answers these paths, and 404 for others. */
export const PAGES: readonly Page[] = [
  { path: "/console", title: "Listen", section: "listen", load: () => import("./listen/home.ts") },
  { path: "/console/sign-in", title: "Sign in", section: null, load: () => import("./shell/sign-in.ts") },
];

export interface FoundPage {
  readonly page: Page;
  readonly params: Params;
}

export function findPage(path: string): FoundPage | undefined {
  for (const page of PAGES) {
    const params = match(page.path, path);
    if (params !== undefined) return { page, params };
  }
  return undefined;
}
