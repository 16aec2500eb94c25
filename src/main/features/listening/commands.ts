import { z } from "zod";
import type { Guard } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { REFERENCES_KNOWN, UNKNOWN_ID } from "../../engine/commands/guards.ts";
import { id, timestamp, toUtc } from "../../http/fields.ts";

/** Maximum milliseconds that a client's clock may be ahead of the server's. */
const AHEAD_MS = 60_000;

const playInput = z
  .strictObject({
    track_id: id,
    user_id: id.nullable().optional(),
    played_at: timestamp
      .refine((value) => Date.parse(value) <= Date.now() + AHEAD_MS, "must be at most a minute in the future")
      .optional()
      .meta({ description: "Now by default; at most a minute in the future." }),
  })
  .meta({ id: "NewPlay" });
export type PlayInput = z.infer<typeof playInput>;

export const MAX_PLAYS = 1_000;
const plays = z.array(playInput).min(1).max(MAX_PLAYS);
export const playsBody = z.union([playInput, plays]);

/** The schema for a body. An array is not validated by the union, which would report each error twice. */
export const playsSchemaOf = (body: unknown) => (Array.isArray(body) ? plays : playsBody);

const PLAY_JSON = "json_object('id', id, 'track_id', track_id, 'user_id', user_id, 'played_at', played_at)";

const TRACK_KNOWN: Guard = {
  must: "change",
  otherwise: { code: "reference_unknown", errors: [{ pointer: "/track_id", detail: UNKNOWN_ID }] },
};

/** One play in one statement: the most frequent write. */
const one: Command<PlayInput> = command({
  name: "plays.create",
  input: playInput,
  statements: ({ track_id, user_id, played_at }, { now }) => [
    statement(
      `INSERT INTO plays (track_id, user_id, played_at)
       SELECT @track_id, @user_id, @played_at WHERE EXISTS (SELECT 1 FROM tracks WHERE id = likely(@track_id))`,
      { track_id, user_id: user_id ?? null, played_at: played_at === undefined ? now : toUtc(played_at) },
      TRACK_KNOWN,
    ),
  ],
  answer: () =>
    statement(`SELECT ${PLAY_JSON} AS body, NULL AS etag FROM plays WHERE id = last_insert_rowid()`, {}),
  // A play is its own record: who, what, when.
  audit: "none",
  tags: ({ user_id }) => (user_id == null ? [] : [userTag(user_id)]),
});

/** Errors that one refusal lists. */
const MOST_NAMED = 20;

const UNKNOWN_TRACKS = `
  SELECT '/' || key || '/track_id', '${UNKNOWN_ID}' FROM json_each(@plays)
  WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE id = value ->> 'track_id') LIMIT ${MOST_NAMED}`;

/** Up to a thousand plays: all or, if one refers to an unknown track, none. */
const many: Command<readonly PlayInput[]> = command({
  name: "plays.create_many",
  input: z.array(playInput).readonly(),
  statements: (plays, { now }) => {
    const json = JSON.stringify(
      plays.map(({ track_id, user_id, played_at }) => ({
        track_id,
        user_id: user_id ?? null,
        played_at: played_at === undefined ? now : toUtc(played_at),
      })),
    );
    return [
      statement(UNKNOWN_TRACKS, { plays: json }, REFERENCES_KNOWN),
      statement(
        `INSERT INTO plays (track_id, user_id, played_at)
         SELECT value ->> 'track_id', value ->> 'user_id', value ->> 'played_at' FROM json_each(@plays)`,
        { plays: json },
      ),
    ];
  },
  // There is one writer and one statement, so the ids of an array are consecutive.
  answer: (plays) =>
    statement(
      `SELECT json_object('data', json_group_array(json(play))) AS body, NULL AS etag FROM (
         SELECT ${PLAY_JSON} AS play FROM plays
         WHERE id > last_insert_rowid() - @count AND id <= last_insert_rowid() ORDER BY id)`,
      { count: plays.length },
    ),
  audit: "none",
  tags: userTags,
});

function userTags(plays: readonly PlayInput[]): string[] {
  const users = new Set(plays.map(({ user_id }) => user_id));
  return [...users].filter((user) => user != null).map(userTag);
}

const userTag = (id: number): string => `users:${id}`;

export const PLAY_COMMANDS = { one, many };
