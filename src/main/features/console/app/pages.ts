import type { ComponentType } from "preact";
import { match, type Params } from "./core/match.ts";
import type { PageProps } from "./core/page-props.ts";

export type Section = "listen" | "browse" | "watch" | "do";

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
  { path: "/console/search", title: "Search", section: "listen", load: () => import("./listen/search.ts") },
  {
    path: "/console/artists/:id",
    title: "Artist",
    section: "listen",
    load: () => import("./listen/artist.ts"),
  },
  { path: "/console/albums/:id", title: "Album", section: "listen", load: () => import("./listen/album.ts") },
  { path: "/console/tracks/:id", title: "Track", section: "listen", load: () => import("./listen/track.ts") },
  { path: "/console/genres/:id", title: "Genre", section: "listen", load: () => import("./listen/genre.ts") },
  {
    path: "/console/playlists",
    title: "Playlists",
    section: "listen",
    load: () => import("./listen/playlists.ts"),
  },
  {
    path: "/console/playlists/:id",
    title: "Playlist",
    section: "listen",
    load: () => import("./listen/playlist.ts"),
  },
  {
    path: "/console/library",
    title: "Library",
    section: "listen",
    load: () => import("./listen/library.ts"),
  },
  { path: "/console/watch", title: "Watch", section: "watch", load: () => import("./watch/live.ts") },
  {
    path: "/console/watch/history",
    title: "History",
    section: "watch",
    load: () => import("./watch/history.ts"),
  },
  {
    path: "/console/watch/queries",
    title: "Slow queries",
    section: "watch",
    load: () => import("./watch/queries.ts"),
  },
  {
    path: "/console/watch/health",
    title: "Health",
    section: "watch",
    load: () => import("./watch/health.ts"),
  },
  { path: "/console/browse", title: "Browse", section: "browse", load: () => import("./browse/index.ts") },
  {
    path: "/console/browse/:kind",
    title: "Browse",
    section: "browse",
    load: () => import("./browse/table.ts"),
  },
  {
    path: "/console/browse/:kind/:id",
    title: "Browse",
    section: "browse",
    load: () => import("./browse/record.ts"),
  },
  { path: "/console/sql", title: "SQL", section: "browse", load: () => import("./browse/sql.ts") },
  { path: "/console/do", title: "Maintenance", section: "do", load: () => import("./do/maintenance.ts") },
  { path: "/console/do/jobs", title: "Jobs", section: "do", load: () => import("./do/jobs.ts") },
  { path: "/console/do/backups", title: "Backups", section: "do", load: () => import("./do/backups.ts") },
  {
    path: "/console/do/migrations",
    title: "Migrations",
    section: "do",
    load: () => import("./do/migrations.ts"),
  },
  { path: "/console/do/settings", title: "Settings", section: "do", load: () => import("./do/settings.ts") },
  { path: "/console/do/users", title: "Users", section: "do", load: () => import("./do/users.ts") },
  { path: "/console/do/keys", title: "Keys", section: "do", load: () => import("./do/keys.ts") },
  { path: "/console/do/sessions", title: "Sessions", section: "do", load: () => import("./do/sessions.ts") },
  { path: "/console/do/audit", title: "Audit", section: "do", load: () => import("./do/audit.ts") },
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
