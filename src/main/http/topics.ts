import type { Topic } from "./openapi.ts";

const topic = (name: string, description: string): Topic => ({ name, description });

/** Descriptions of the groups of routes. */
export const TOPICS: readonly Topic[] = [
  topic("artists", "Artists and their albums."),
  topic("albums", "Albums with their release dates."),
  topic("tracks", "Tracks. A track shows the names of the entities it refers to."),
  topic("genres", "Kinds of music."),
  topic("media-types", "Kinds of files."),
  topic("playlists", "Tracks put together."),
  topic(
    "metadata",
    "Keys and values of tracks, besides their fields; lists of tracks can be filtered by them.",
  ),
  topic("tags", "Words on tracks: free ones, and terms of taxonomies with types, broader tags and synonyms."),
  topic("bin", "Deleted entities, which can be restored for thirty days."),
  topic("library", "A listener's favourites, ratings, saved searches and activity."),
  topic("comments", "Comments on tracks, albums, artists and playlists."),
  topic("plays", "Plays of tracks. A play is never changed."),
  topic("shop", "Customers, employees, invoices and purchases."),
  topic("reports", "Sales by time, place, music and people."),
  topic("users", "Listeners. An account is a user with an address, who can log in."),
  topic("sessions", "Logging in and out."),
  topic("keys", "API keys, for programs."),
  topic("audit", "Changes with their authors, and refusals."),
  topic("changes", "Created, changed and deleted entities, for clients that keep a copy."),
  topic("batch", "Many changes in one request."),
  topic("charts", "The most played tracks, albums and artists."),
  topic("search", "Full-text search, suggestions and popular searches."),
  topic("discover", "Similar tracks, and recommendations for listeners."),
  topic("operations", "The state of the server, for orchestrators, monitors and people."),
  topic("admin", "Routes for the command line and operators."),
  topic("console", "The pages to listen, browse, watch and operate."),
  topic("docs", "This description, for programs and for people."),
];
