import { z } from "zod";
import type { Guard, Statement } from "../../../../shared/protocol.ts";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { CHANGED, FOUND, REFERENCES_KNOWN, UNKNOWN_ID } from "../../../engine/commands/guards.ts";
import { id, idText } from "../../../http/fields.ts";
import { changeable } from "./access.ts";
import {
  GAP,
  MAX_ENTRIES,
  type PlaylistInput,
  playlistAnswer,
  playlistInput,
  playlistTags,
  touch,
} from "./commands.ts";

export const entryBody = z.strictObject({ track_id: id }).meta({ id: "NewPlaylistEntry" });
export const orderBody = z
  .strictObject({ track_ids: z.array(id).max(MAX_ENTRIES) })
  .meta({ id: "PlaylistOrder" });
const position = z
  .int()
  .min(1)
  .max(MAX_ENTRIES)
  .meta({ description: "The new position; past the end it is the last one.", example: 1 });
export const moveBody = z
  .union([
    z.strictObject({ position }),
    z.strictObject({ before: id.meta({ description: "An entry of the same playlist." }) }),
    z.strictObject({ after: id.meta({ description: "An entry of the same playlist." }) }),
  ])
  .meta({ id: "PlaylistMove" });

interface AddInput extends PlaylistInput {
  readonly body: { readonly track_id: number };
}
interface ReplaceInput extends PlaylistInput {
  readonly body: { readonly track_ids: readonly number[] };
}
interface TrackInput extends PlaylistInput {
  readonly track_id: number;
}
interface EntryInput extends PlaylistInput {
  readonly entry: number;
}
interface MoveInput extends EntryInput {
  readonly body: z.infer<typeof moveBody>;
}

const FULL: Guard = {
  must: "find_none",
  otherwise: { code: "limit_reached", detail: `a playlist can have at most ${MAX_ENTRIES} tracks` },
};
const ONCE: Guard = {
  must: "find_none",
  otherwise: {
    code: "already_exists",
    detail: "the playlist already has the track, and its allow_duplicates is false",
  },
};

/** One entry. Its position is the number of entries up to it. */
const ENTRY = `SELECT json_object('playlist_id', p.playlist_id, 'entry_id', p.id, 'track_id', p.track_id, 'position',
    (SELECT count(*) FROM playlist_tracks q WHERE q.playlist_id = p.playlist_id AND q.position <= p.position),
    'added_at', p.added_at) AS body, NULL AS etag
  FROM playlist_tracks p`;

/** Appends a track. */
const add: Command<AddInput> = command({
  name: "playlists.tracks.add",
  input: playlistInput<AddInput>({ body: entryBody }),
  statements: (input, context) => {
    const { id, asker, body } = input;
    const { track_id } = body;
    return [
      ...changeable(id, asker),
      statement(
        `SELECT '/track_id', '${UNKNOWN_ID}' WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE id = likely(@track_id))`,
        { track_id },
        REFERENCES_KNOWN,
      ),
      statement(
        `SELECT '/track_id', 'is in it' FROM playlist_tracks p JOIN playlists t ON t.id = p.playlist_id
         WHERE p.track_id = likely(@track_id) AND p.playlist_id = likely(@id) AND NOT t.allow_duplicates LIMIT 1`,
        { id, track_id },
        ONCE,
      ),
      statement(
        `SELECT '/track_id', 'is one too many' FROM playlists WHERE id = likely(@id) AND track_count >= ${MAX_ENTRIES}`,
        { id },
        FULL,
      ),
      statement(
        `INSERT INTO playlist_tracks (playlist_id, track_id, position, added_at)
         SELECT @id, @track_id, coalesce(max(position), 0) + ${GAP}, @now FROM playlist_tracks WHERE playlist_id = likely(@id)`,
        { id, track_id, now: context.now },
      ),
      touch(input, context),
    ];
  },
  answer: ({ id }) =>
    statement(`${ENTRY} WHERE p.playlist_id = likely(@id) ORDER BY p.position DESC, p.id DESC LIMIT 1`, {
      id,
    }),
  tags: playlistTags,
});

/**
 * Adding and removing entries also changes the playlist's version, so a precondition is checked first: here and
 * below, If-Match is the playlist's.
 */
const remove: Command<TrackInput> = command({
  name: "playlists.tracks.remove",
  input: playlistInput<TrackInput>({ track_id: idText }),
  statements: (input, context) => [
    ...changeable(input.id, input.asker),
    touch(input, context),
    statement(
      "DELETE FROM playlist_tracks WHERE track_id = likely(@track_id) AND playlist_id = likely(@id)",
      { id: input.id, track_id: input.track_id },
      CHANGED,
    ),
  ],
  tags: playlistTags,
});

const removeEntry: Command<EntryInput> = command({
  name: "playlists.entries.remove",
  input: playlistInput<EntryInput>({ entry: idText }),
  statements: (input, context) => [
    ...changeable(input.id, input.asker),
    touch(input, context),
    statement(
      "DELETE FROM playlist_tracks WHERE id = likely(@entry) AND playlist_id = likely(@id)",
      { id: input.id, entry: input.entry },
      CHANGED,
    ),
  ],
  tags: playlistTags,
});

/** The wanted and the current tracks, each with the number of its occurrence. */
const WANTED = `wanted AS MATERIALIZED (SELECT key AS n, value AS track_id,
  row_number() OVER (PARTITION BY value ORDER BY key) AS nth FROM json_each(@tracks))`;
const HELD = `held AS MATERIALIZED (SELECT id, track_id,
  row_number() OVER (PARTITION BY track_id ORDER BY position, id) AS nth
  FROM playlist_tracks WHERE playlist_id = likely(@id))`;

/** Errors that one refusal lists. */
const MOST_NAMED = 20;

/** Replaces the whole order. Tracks that stay keep their entries. */
const replace: Command<ReplaceInput> = command({
  name: "playlists.tracks.replace",
  input: playlistInput<ReplaceInput>({ body: orderBody }),
  statements: (input, context) => {
    const { id, body } = input;
    const tracks = JSON.stringify(body.track_ids);
    return [
      ...changeable(id, input.asker),
      touch(input, context),
      statement(
        `SELECT '/track_ids/' || key, '${UNKNOWN_ID}' FROM json_each(@tracks)
         WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE id = value) LIMIT ${MOST_NAMED}`,
        { tracks },
        REFERENCES_KNOWN,
      ),
      statement(
        `WITH ${WANTED} SELECT '/track_ids/' || n, 'is in it already' FROM wanted
         WHERE nth > 1 AND NOT (SELECT allow_duplicates FROM playlists WHERE id = likely(@id)) LIMIT ${MOST_NAMED}`,
        { id, tracks },
        ONCE,
      ),
      statement(
        `WITH ${WANTED}, ${HELD} DELETE FROM playlist_tracks WHERE id IN
           (SELECT id FROM held WHERE (track_id, nth) NOT IN (SELECT track_id, nth FROM wanted))`,
        { id, tracks },
      ),
      statement(
        `WITH ${WANTED}, ${HELD} UPDATE playlist_tracks SET position = (placed.n + 1) * ${GAP}
         FROM (SELECT held.id, wanted.n FROM held JOIN wanted USING (track_id, nth)) placed
         WHERE playlist_tracks.id = placed.id`,
        { id, tracks },
      ),
      statement(
        `WITH ${WANTED}, ${HELD} INSERT INTO playlist_tracks (playlist_id, track_id, position, added_at)
         SELECT @id, track_id, (n + 1) * ${GAP}, @now FROM wanted
         WHERE (track_id, nth) NOT IN (SELECT track_id, nth FROM held) ORDER BY n`,
        { id, tracks, now: context.now },
      ),
    ];
  },
  answer: playlistAnswer,
  tags: playlistTags,
});

/** The other entries of the playlist. */
const OTHERS = "FROM playlist_tracks WHERE playlist_id = likely(@id) AND id <> likely(@entry)";

/** The position after which to move the entry, 0 for the first place, by the form of the move. */
const AFTER = {
  position: `iif(likely(@target) = 1, 0, coalesce(
    (SELECT position ${OTHERS} ORDER BY position LIMIT 1 OFFSET @target - 2), (SELECT max(position) ${OTHERS}), 0))`,
  before: `coalesce((SELECT max(position) ${OTHERS}
    AND position < (SELECT position FROM playlist_tracks WHERE id = likely(@target))), 0)`,
  after: "(SELECT position FROM playlist_tracks WHERE id = likely(@target))",
};
const next = (after: string): string =>
  `coalesce((SELECT min(position) ${OTHERS} AND position > ${after}), ${after} + 2 * ${GAP})`;

/** Concurrent moves run one after the other, and each keeps a total order. */
const move: Command<MoveInput> = command({
  name: "playlists.entries.move",
  input: playlistInput<MoveInput>({ entry: idText, body: moveBody }),
  statements: (input, context) => {
    const { id, asker, entry, body } = input;
    const [[by, target]] = Object.entries(body) as [[keyof typeof AFTER, number]];
    const [after, params] = [AFTER[by], { id, entry, target }];
    return [
      ...changeable(id, asker),
      statement(
        "SELECT 1 FROM playlist_tracks WHERE id = likely(@entry) AND playlist_id = likely(@id)",
        { id, entry },
        FOUND,
      ),
      ...(by === "position" ? [] : [targetKnown(by, params)]),
      touch(input, context),
      statement(
        `UPDATE playlist_tracks SET position = numbered.n * ${GAP} FROM (
           SELECT id, row_number() OVER (ORDER BY position, id) AS n FROM playlist_tracks WHERE playlist_id = likely(@id)) numbered
         WHERE playlist_tracks.id = numbered.id AND (SELECT ${next(after)} - ${after} < 2)`,
        params,
      ),
      statement(
        `UPDATE playlist_tracks SET position = (SELECT (${after} + ${next(after)}) / 2) WHERE id = likely(@entry)`,
        params,
      ),
    ];
  },
  answer: ({ entry }) => statement(`${ENTRY} WHERE p.id = likely(@entry)`, { entry }),
  tags: playlistTags,
});

const targetKnown = (by: string, params: Record<string, number>): Statement =>
  statement(
    `SELECT '/${by}', '${UNKNOWN_ID}' WHERE NOT EXISTS (SELECT 1 ${OTHERS} AND id = likely(@target))`,
    params,
    REFERENCES_KNOWN,
  );

export const ENTRY_COMMANDS = { add, remove, removeEntry, replace, move };
