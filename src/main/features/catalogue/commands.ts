import { z } from "zod";
import type { InputError } from "../../../shared/errors.ts";
import type { Outcome, Param, Statement, Statements } from "../../../shared/protocol.ts";
import { type Command, command, type Refusal, statement } from "../../engine/commands/command.ts";
import { id, idText } from "../../http/fields.ts";
import { ALL_KINDS, etagOf, jsonOf, KINDS, type Kind, type KindPath } from "../../model/kinds.ts";

type Body = Record<string, unknown>;
export interface PatchInput {
  readonly id: number;
  readonly body: Body;
}
export interface DeleteInput {
  readonly id: number;
}

export interface KindCommands {
  readonly create: Command<Body>;
  readonly patch: Command<PatchInput>;
  readonly remove: Command<DeleteInput>;
}

/** The entity as an answer: body, etag. */
const answerWhere = (kind: Kind, condition: string): string =>
  `SELECT ${jsonOf(kind)} AS body, ${etagOf(kind)} AS etag FROM ${kind.from} WHERE ${condition}`;

/**
 * Says which of the ids in the body are of nothing. It stands before the statement that a missing one makes
 * fail, so that the failure can be explained.
 */
function missingReferences(kind: Kind, columns: Record<string, Param>): Statements {
  const given = Object.entries(kind.references).filter(([column]) => columns[column] != null);
  if (given.length === 0) return [];
  const checks = given.map(
    ([column, table]) =>
      `SELECT '${column}' WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE id = likely(@${column}))`,
  );
  return [
    statement(
      checks.join(" UNION ALL "),
      Object.fromEntries(given.map(([column]) => [column, columns[column]!])),
    ),
  ];
}

export function unknownReferences(results: Outcome["results"]): InputError[] {
  return (results[0]?.rows ?? []).map(([column]) => ({
    pointer: `/${column}`,
    detail: "there is nothing with this id",
  }));
}

const referenceRefusal = (results: Outcome["results"]): Refusal => ({
  code: "reference_unknown",
  errors: unknownReferences(results),
});

const create = (kind: Kind): Command<Body> =>
  command({
    name: `${kind.path}.create`,
    input: kind.input as z.ZodType<Body>,
    statements: (body, { now, uuid }) => {
      const columns = { ...kind.toColumns(body), public_id: uuid(), created_at: now, updated_at: now };
      return [...missingReferences(kind, columns), insert(kind.table, columns)];
    },
    answer: () => statement(answerWhere(kind, "t.id = last_insert_rowid()"), {}),
    refusal: (results) => (unknownReferences(results).length > 0 ? referenceRefusal(results) : undefined),
    foreignKey: "reference_unknown",
    tags: () => [kind.path],
  });

function insert(table: string, columns: Record<string, Param>): Statement {
  const names = Object.keys(columns);
  const values = names.map((name) => `@${name}`);
  return statement(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${values.join(", ")})`, columns);
}

/** If-Match, inside the transaction that writes: nothing can change between the look and the leap. */
const matches = (kind: Kind): string =>
  `(@if_match IS NULL OR (SELECT ${etagOf(kind)} FROM ${kind.from} WHERE t.id = likely(@id))
    IN (SELECT value FROM json_each(@if_match)))`;

/** Whether it is there, before the change: tells "not found" from "changed meanwhile". */
const presence = (kind: Kind, id: number): Statement =>
  statement(`SELECT 1 FROM ${kind.table} WHERE id = likely(@id)`, { id });

/** The results are: missing references (if any are given), presence, the change, … */
function changeRefusal(results: Outcome["results"], presenceAt: number): Refusal | undefined {
  if (results[presenceAt]?.rows.length === 0) return { code: "not_found" };
  return results[presenceAt + 1]?.changes === 0 ? { code: "precondition_failed" } : undefined;
}

const patch = (kind: Kind): Command<PatchInput> =>
  command({
    name: `${kind.path}.patch`,
    input: z.strictObject({ id: idText, body: patchBody(kind) }) as unknown as z.ZodType<PatchInput>,
    statements: ({ id, body }, { now, ifMatch }) => {
      const columns = kind.toColumns(body);
      return [
        ...missingReferences(kind, columns),
        presence(kind, id),
        update(kind, id, columns, now, ifMatch),
      ];
    },
    answer: ({ id }) => statement(answerWhere(kind, "t.id = likely(@id)"), { id }),
    refusal: (results, { body }) => {
      const referring = missingReferences(kind, kind.toColumns(body)).length;
      const missing = changeRefusal(results, referring);
      if (missing?.code === "not_found") return missing;
      return referring > 0 && unknownReferences(results).length > 0 ? referenceRefusal(results) : missing;
    },
    foreignKey: "reference_unknown",
    tags: ({ id }) => [`${kind.path}:${id}`, kind.path],
  });

/** Any part of the body, but not nothing. */
export const patchBody = (kind: Kind): z.ZodType<Body> =>
  kind.input
    .partial()
    .refine((body) => Object.keys(body).length > 0, "expected at least one field to change");

function update(
  kind: Kind,
  id: number,
  columns: Record<string, Param>,
  now: string,
  ifMatch: string | null,
): Statement {
  const sets = Object.keys(columns).map((name) => `${name} = @${name}`);
  return statement(
    `UPDATE ${kind.table} SET ${sets.join(", ")}, version = version + 1, updated_at = @now
     WHERE id = likely(@id) AND ${matches(kind)}`,
    { ...columns, id, now, if_match: ifMatch },
  );
}

const remove = (kind: Kind): Command<DeleteInput> =>
  command({
    name: `${kind.path}.delete`,
    input: z.strictObject({ id: idText }),
    statements: ({ id }, { ifMatch }) => [
      presence(kind, id),
      statement(`DELETE FROM ${kind.table} WHERE id = likely(@id) AND ${matches(kind)}`, {
        id,
        if_match: ifMatch,
      }),
    ],
    refusal: (results) => changeRefusal(results, 0),
    foreignKey: "in_use",
    tags: ({ id }) => [`${kind.path}:${id}`, kind.path],
  });

export const CATALOGUE_COMMANDS = Object.fromEntries(
  ALL_KINDS.map((kind) => [kind.path, { create: create(kind), patch: patch(kind), remove: remove(kind) }]),
) as Readonly<Record<KindPath, KindCommands>>;

interface EntryInput {
  readonly id: number;
  readonly body: { readonly track_id: number };
}

export const entryBody = z.strictObject({ track_id: id });

export const PLAYLIST_COMMANDS = {
  /** Again for a track that is in it: `already_exists`. */
  add: command<EntryInput>({
    name: "playlists.tracks.add",
    input: z.strictObject({ id: idText, body: entryBody }) as unknown as z.ZodType<EntryInput>,
    statements: ({ id, body }, { now }) => [
      statement(
        "SELECT 'track_id' WHERE NOT EXISTS (SELECT 1 FROM tracks WHERE id = likely(@track_id))",
        body,
      ),
      presence(KINDS.playlists, id),
      statement(
        `INSERT INTO playlist_tracks (playlist_id, track_id, added_at)
         SELECT @id, @track_id, @now WHERE EXISTS (SELECT 1 FROM playlists WHERE id = likely(@id))`,
        { id, track_id: body.track_id, now },
      ),
    ],
    answer: ({ id, body }) =>
      statement(
        `SELECT json_object('playlist_id', playlist_id, 'track_id', track_id, 'added_at', added_at) AS body,
           NULL AS etag
         FROM playlist_tracks WHERE playlist_id = likely(@id) AND track_id = likely(@track_id)`,
        { id, track_id: body.track_id },
      ),
    refusal: (results) => {
      if (results[1]?.rows.length === 0) return { code: "not_found" };
      return unknownReferences(results).length > 0 ? referenceRefusal(results) : undefined;
    },
    foreignKey: "reference_unknown",
    tags: ({ id }) => [`playlists:${id}`],
  }),

  remove: command<{ readonly id: number; readonly track_id: number }>({
    name: "playlists.tracks.remove",
    input: z.strictObject({ id: idText, track_id: idText }),
    statements: (input) => [
      statement(
        "DELETE FROM playlist_tracks WHERE playlist_id = likely(@id) AND track_id = likely(@track_id)",
        { ...input },
      ),
    ],
    refusal: (results) => (results[0]?.changes === 0 ? { code: "not_found" } : undefined),
    tags: ({ id }) => [`playlists:${id}`],
  }),
};
