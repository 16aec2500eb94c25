import { z } from "zod";
import type { Guard, Param, Statement } from "../../../../shared/protocol.ts";
import { command, statement } from "../../../engine/commands/command.ts";
import { REFERENCES_KNOWN, UNKNOWN_ID } from "../../../engine/commands/guards.ts";
import { id } from "../../../http/fields.ts";
import {
  MAX_KEYS,
  METADATA_FIELDS,
  type MetadataBody,
  metadataBody,
  metadataKey,
  typed,
} from "../../../model/metadata.ts";
import { GAP, MAX_ENTRIES } from "../playlists/commands.ts";
import { effect, noteWritten, WRITTEN } from "./effect.ts";
import { time } from "./kind-line.ts";
import type { Line, Portable } from "./line.ts";

/** What ties kinds together, as lines of its own. */

const unknown = (column: string, where: string): string =>
  `SELECT '/${column}', '${UNKNOWN_ID}' WHERE NOT EXISTS (SELECT 1 FROM ${where})`;
const known = (params: Record<string, Param>, ...wanted: readonly string[]): Statement =>
  statement(wanted.join(" UNION ALL "), params, REFERENCES_KNOWN);
const refusing = (code: "invalid" | "already_exists" | "limit_reached"): Guard => ({
  must: "find_none",
  otherwise: { code },
});
const [UNTAKEN, ONCE, FULL] = [refusing("invalid"), refusing("already_exists"), refusing("limit_reached")];

interface Entry {
  readonly id?: number;
  readonly playlist_id: number;
  readonly track_id: number;
  readonly position?: number;
  readonly added_at?: string;
}

/** Without an id, it is the first entry of its track. */
const ENTRY = `coalesce(@id, (SELECT min(id) FROM playlist_tracks
  WHERE track_id = likely(@track_id) AND playlist_id = likely(@playlist_id)))`;
const entryOf = ({ id = null as never, playlist_id, track_id }: Entry) => ({ id, playlist_id, track_id });

function entryRules(entry: ReturnType<typeof entryOf>): Statement[] {
  const of = "playlist_id = likely(@playlist_id)";
  return [
    known(
      entry,
      unknown("playlist_id", "playlists WHERE id = likely(@playlist_id) AND owner_id IS NULL"),
      unknown("track_id", "tracks WHERE id = likely(@track_id)"),
    ),
    statement(
      `SELECT '/id', 'is of another playlist or track' FROM playlist_tracks
       WHERE id = likely(@id) AND NOT (${of} AND track_id = likely(@track_id))`,
      entry,
      UNTAKEN,
    ),
    statement(
      `SELECT '/track_id', 'is in the playlist, which takes no track twice' FROM playlist_tracks p
         JOIN playlists t ON t.id = p.playlist_id
       WHERE p.track_id = likely(@track_id) AND p.${of} AND p.id <> ${ENTRY} AND NOT t.allow_duplicates LIMIT 1`,
      entry,
      ONCE,
    ),
    statement(
      `SELECT '/playlist_id', 'has ${MAX_ENTRIES} tracks' FROM playlists
       WHERE id = likely(@playlist_id) AND track_count >= ${MAX_ENTRIES}
         AND NOT EXISTS (SELECT 1 FROM playlist_tracks WHERE id = ${ENTRY})`,
      entry,
      FULL,
    ),
  ];
}

const ENTRIES: Portable = {
  path: "playlist-tracks",
  type: "PlaylistTrack",
  from: "playlist_tracks t JOIN playlists p ON p.id = t.playlist_id",
  shown: "p.visibility = 'public'",
  key: ["t.id"],
  fields: {
    id: "t.id",
    playlist_id: "t.playlist_id",
    track_id: "t.track_id",
    position: "t.position",
    added_at: "t.added_at",
  },
  line: z.strictObject({
    id: id.optional(),
    playlist_id: id,
    track_id: id,
    position: z.int().min(-Number.MAX_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER).optional().meta({
      description: "Only its order within the playlist counts. Left out: the end.",
    }),
    added_at: time.optional(),
  }),
  command: command({
    name: "playlist-tracks.import",
    input: z.custom<Line>(),
    statements: (line, { now }) => {
      const entry = entryOf(line as never as Entry);
      const { position = null, added_at = now } = line as { position?: number; added_at?: string };
      return [
        ...entryRules(entry),
        statement(
          `INSERT INTO playlist_tracks (id, playlist_id, track_id, position, added_at)
           VALUES (${ENTRY}, @playlist_id, @track_id, coalesce(@position,
             (SELECT position FROM playlist_tracks WHERE id = ${ENTRY}),
             (SELECT coalesce(max(position), 0) + ${GAP} FROM playlist_tracks WHERE playlist_id = likely(@playlist_id))), @added_at)
           ON CONFLICT (id) DO UPDATE SET position = excluded.position WHERE position <> excluded.position`,
          { ...entry, position, added_at },
        ),
        noteWritten,
        // Entries that come and go change the playlist by themselves; those that move do not.
        statement(
          `UPDATE playlists SET version = version + 1 WHERE id = likely(@playlist_id) AND ${WRITTEN}`,
          { playlist_id: entry.playlist_id },
        ),
      ];
    },
    answer: (line) => {
      const entry = entryOf(line as never as Entry);
      return effect(`(SELECT max(id) FROM playlist_tracks) = ${ENTRY}`, entry);
    },
    audit: "none",
    tags: ({ playlist_id }) => [`playlists:${playlist_id}`, "playlists"],
  }),
};

const TRACK_TAGS: Portable = {
  path: "track-tags",
  type: "TrackTag",
  from: "track_tags t",
  key: ["t.track_id", "t.tag_id"],
  fields: { track_id: "t.track_id", tag_id: "t.tag_id", added_at: "t.added_at" },
  line: z.strictObject({ track_id: id, tag_id: id, added_at: time.optional() }),
  command: command({
    name: "track-tags.import",
    input: z.custom<Line>(),
    statements: (line, { now }) => {
      const { track_id, tag_id, added_at = now } = line as Record<string, Param>;
      return [
        known(
          { track_id: track_id!, tag_id: tag_id! },
          unknown("track_id", "tracks WHERE id = likely(@track_id)"),
          unknown("tag_id", "tags WHERE id = likely(@tag_id)"),
        ),
        statement(
          "INSERT INTO track_tags (track_id, tag_id, added_at) VALUES (@track_id, @tag_id, @added_at) ON CONFLICT DO NOTHING",
          { track_id: track_id!, tag_id: tag_id!, added_at },
        ),
        noteWritten,
      ];
    },
    answer: () => effect("true", {}),
    audit: "none",
    tags: ({ track_id }) => ["tags", `tags-of:${track_id}`],
  }),
};

const METADATA: Portable = {
  path: "track-metadata",
  type: "TrackMetadata",
  from: "(SELECT track_id, key FROM track_metadata) t JOIN track_metadata m USING (track_id, key)",
  key: ["t.track_id", "t.key"],
  fields: { track_id: "t.track_id", ...METADATA_FIELDS },
  line: z
    .strictObject({ track_id: id, key: metadataKey, ...metadataBody.shape, updated_at: time.optional() })
    .refine(
      (line) => typed(line as never as MetadataBody) !== undefined,
      "must be a value of the named type",
    ),
  command: command({
    name: "track-metadata.import",
    input: z.custom<Line>(),
    statements: (line, { now }) => {
      const {
        track_id,
        key,
        updated_at = now,
      } = line as { track_id: number; key: string; updated_at?: string };
      return [
        known({ track_id }, unknown("track_id", "tracks WHERE id = likely(@track_id)")),
        statement(
          `SELECT '/track_id', 'has ' || count(*) || ' keys' FROM track_metadata
           WHERE track_id = likely(@track_id) AND key <> likely(@key) HAVING count(*) >= ${MAX_KEYS}`,
          { track_id, key },
          FULL,
        ),
        statement(
          `INSERT INTO track_metadata (track_id, key, type, value, updated_at) VALUES (@track_id, @key, @type, @value, @updated_at)
           ON CONFLICT DO UPDATE SET type = excluded.type, value = excluded.value, updated_at = excluded.updated_at
           WHERE type <> excluded.type OR value COLLATE BINARY <> excluded.value`,
          { track_id, key, ...typed(line as never as MetadataBody)!, updated_at },
        ),
        noteWritten,
      ];
    },
    answer: () => effect("true", {}),
    audit: "none",
    tags: ({ track_id }) => [`metadata-of:${track_id}`, "metadata"],
  }),
};

export const RELATIONS: readonly Portable[] = [ENTRIES, TRACK_TAGS, METADATA];
