import type { Topic } from "./openapi.ts";

const topic = (name: string, description: string): Topic => ({ name, description });

/** Descriptions of the groups of routes. */
export const TOPICS: readonly Topic[] = [
  topic("artists", "Who made it: names, and their albums."),
  topic("albums", "What tracks came out on, and when."),
  topic("tracks", "The pieces themselves. A track shows the names of what it refers to."),
  topic("genres", "What kind of music it is."),
  topic("media-types", "What kind of file it is."),
  topic("playlists", "Tracks put together."),
  topic("metadata", "Keys and values of tracks, beside their fields; lists of tracks are filtered by them."),
  topic("tags", "Words on tracks: free ones, and terms of taxonomies with types, broader tags and synonyms."),
  topic("bin", "What was deleted, to be restored for thirty days."),
  topic("library", "What a listener keeps: favourites, ratings, saved searches, and what they did."),
  topic("comments", "What people say of tracks, albums, artists and playlists."),
  topic("plays", "What was listened to. A play is never changed."),
  topic("shop", "Who buys, who sells, and what was bought."),
  topic("reports", "What was sold, by time, place, music and people."),
  topic("users", "Who listens. An account is a user with an address, who can log in."),
  topic("sessions", "Logging in and out."),
  topic("keys", "API keys, for programs."),
  topic("audit", "What was changed by whom, and what was refused."),
  topic("changes", "What was created, changed and deleted, for who keeps a copy."),
  topic("batch", "Many changes in one request."),
  topic("charts", "What was played most."),
  topic("search", "Finding tracks by words, and the words themselves."),
  topic("discover", "What is like something, and what a listener may like."),
  topic("operations", "The state of the server, for orchestrators, monitors and people."),
  topic("admin", "What the commands of a terminal need of a running server."),
  topic("console", "The pages to listen, browse, watch and operate."),
  topic("docs", "This description, for programs and for people."),
];
