import { z } from "zod";
import { type Principal, userIn } from "../../http/access.ts";

/** Whose library it is: a user's number, or 0 for the one listener of a server without accounts. */
export const listenerOf = ({ user }: Principal): number => user ?? 0;

/** The same of a read's parameter, `user:17`. */
export const meOf = (principal?: string): number => userIn(principal) ?? 0;

/** Who may moderate, and so take down what others wrote. */
export const mayModerate = ({ permissions }: Principal): 0 | 1 =>
  permissions.has("catalogue:write") ? 1 : 0;

/** What is said of, by its path under `/v1`, with its table and where its name stands. */
export const SUBJECTS = {
  tracks: { table: "tracks", name: "name" },
  albums: { table: "albums", name: "title" },
  artists: { table: "artists", name: "name" },
} as const;
export type Subject = keyof typeof SUBJECTS;
export const subject = z.enum(["tracks", "albums", "artists"]);

/** The name of what a row is about, by its `kind` and `entity_id`. A playlist's is told while others may see it. */
export const nameOf = (row: string): string => `CASE ${row}.kind
  ${Object.entries(SUBJECTS)
    .map(
      ([kind, { table, name }]) =>
        `WHEN '${kind}' THEN (SELECT ${name} FROM ${table} WHERE id = ${row}.entity_id)`,
    )
    .join(" ")}
  ELSE (SELECT name FROM playlists WHERE id = ${row}.entity_id AND visibility <> 'private') END`;
