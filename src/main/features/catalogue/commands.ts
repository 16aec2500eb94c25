import { z } from "zod";
import { MadeOnce } from "../../../shared/made-once.ts";
import type { Param, Statement, Statements } from "../../../shared/protocol.ts";
import { type Command, type CommandContext, command, statement } from "../../engine/commands/command.ts";
import { CHANGED_IF_MATCHED, FOUND, REFERENCES_KNOWN, UNKNOWN_ID } from "../../engine/commands/guards.ts";
import { idText } from "../../http/fields.ts";
import { ALL_KINDS, etagOf, jsonOf, type Kind, type KindPath } from "../../model/kinds.ts";
import { keep } from "./bin/relations.ts";

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

const texts = new MadeOnce();

/** The entity as an answer: body, etag. */
const answerWhere = (kind: Kind, condition: string): string =>
  texts.get(
    `${kind.path} answer ${condition}`,
    () => `SELECT ${jsonOf(kind)} AS body, ${etagOf(kind)} AS etag FROM ${kind.from} WHERE ${condition}`,
  );

const unknownReference = (column: string, table: string): string =>
  `SELECT '/${column}', '${UNKNOWN_ID}' WHERE NOT EXISTS (SELECT 1 FROM ${table} WHERE id = likely(@${column}))`;

/** The ids that a body gives must be of something. */
export function referencesKnown(kind: Kind, columns: Record<string, Param>): Statements {
  const given = Object.entries(kind.references).filter(([column]) => columns[column] != null);
  if (given.length === 0) return [];
  const checks = given.map(([column, table]) => unknownReference(column, table));
  const ids = Object.fromEntries(given.map(([column]) => [column, columns[column]!]));
  return [statement(checks.join(" UNION ALL "), ids, REFERENCES_KNOWN)];
}

const create = (kind: Kind): Command<Body> =>
  command({
    name: `${kind.path}.create`,
    input: kind.input as z.ZodType<Body>,
    statements: (body, { now, uuid }) => {
      const columns = { ...kind.toColumns(body), public_id: uuid(), created_at: now, updated_at: now };
      return [
        ...referencesKnown(kind, columns),
        insert(kind.table, columns),
        ...(kind.rules?.("last_insert_rowid()", {}) ?? []),
      ];
    },
    answer: () => statement(answerWhere(kind, "t.id = last_insert_rowid()"), {}),
    audit: { created: (body) => body },
    tags: () => [kind.path],
  });

export function insert(table: string, columns: Record<string, Param>): Statement {
  const names = Object.keys(columns).join(", ");
  const sql = texts.get(
    `${table} insert ${names}`,
    () => `INSERT INTO ${table} (${names}) VALUES (@${names.replaceAll(", ", ", @")})`,
  );
  return statement(sql, columns);
}

export const auditOf = (kind: Kind) => ({
  object: ({ id }: { readonly id: number }) => `${kind.path}:${id}`,
  state: ({ id }: { readonly id: number }) =>
    statement(`SELECT ${jsonOf(kind)} FROM ${kind.from} WHERE t.id = likely(@id)`, { id }),
});

/** `{"field": [old, new], …}` of the fields of a PATCH that differ. */
function changed(kind: Kind, id: number, body: Body): Statement {
  const given = Object.entries(body).filter(([, value]) => value !== undefined) as [string, Param][];
  const params: Record<string, Param> = { id };
  for (const [name, value] of given) params[`new_${name}`] = value;
  // Numbers are bound as reals, which JSON would show.
  const values = given.map(([name, value]) => ({ name, cast: Number.isInteger(value) ? " AS INTEGER" : "" }));
  const key = values.map(({ name, cast }) => name + cast).join();
  return statement(
    texts.get(`${kind.path} changed ${key}`, () => changedSql(kind, values)),
    params,
  );
}

/** @param values fields, and how the given value is cast. */
function changedSql(kind: Kind, values: readonly { readonly name: string; readonly cast: string }[]): string {
  const fields = values.map(
    ({ name, cast }) => `SELECT '${name}' AS key, ${kind.fields[name]} AS old,
      ${cast === "" ? `@new_${name}` : `CAST(@new_${name}${cast})`} AS new
      FROM ${kind.table} t WHERE t.id = likely(@id)`,
  );
  return `SELECT json_group_object(key, json_array(old, new)) FROM (${fields.join(" UNION ALL ")}) WHERE old IS NOT new`;
}

/** If-Match and If-None-Match, inside the transaction that writes: nothing can change between check and write. */
export function matches(kind: Kind): string {
  return texts.get(`${kind.path} matches`, () => {
    const etag = `(SELECT ${etagOf(kind)} FROM ${kind.from} WHERE t.id = likely(@id))`;
    return `(@if_match IS NULL OR ${etag} IN (SELECT value FROM json_each(@if_match)))
      AND (@if_none_match IS NULL OR ${etag} NOT IN (SELECT value FROM json_each(@if_none_match)))`;
  });
}

const found = (kind: Kind, id: number): Statement => {
  const sql = texts.get(`${kind.path} found`, () => `SELECT 1 FROM ${kind.table} WHERE id = likely(@id)`);
  return statement(sql, { id }, FOUND);
};

const patch = (kind: Kind): Command<PatchInput> =>
  command({
    name: `${kind.path}.patch`,
    input: z.strictObject({ id: idText, body: patchBody(kind) }) as unknown as z.ZodType<PatchInput>,
    statements: ({ id, body }, context) => {
      const columns = kind.toColumns(body);
      return [
        found(kind, id),
        ...referencesKnown(kind, columns),
        update(kind, id, columns, context),
        ...(kind.rules?.("likely(@id)", { id }) ?? []),
      ];
    },
    answer: ({ id }) => statement(answerWhere(kind, "t.id = likely(@id)"), { id }),
    audit: { changes: ({ id, body }) => changed(kind, id, body) },
    tags: ({ id }) => [`${kind.path}:${id}`, kind.path],
  });

/** Any part of the body, but not nothing. */
const changesOf = (kind: Kind): z.ZodType<Body> =>
  kind.input
    .partial()
    .refine((body) => Object.keys(body).length > 0, "expected at least one field to change")
    .meta({ id: `${kind.type}Changes`, minProperties: 1 });

const CHANGES = new Map(ALL_KINDS.map((kind) => [kind, changesOf(kind)]));

/** The body of a PATCH. */
export const patchBody = (kind: Kind): z.ZodType<Body> => CHANGES.get(kind)!;

function update(
  kind: Kind,
  id: number,
  columns: Record<string, Param>,
  { now, ifMatch, ifNoneMatch }: CommandContext,
): Statement {
  const names = Object.keys(columns);
  const sets = () => names.map((name) => `${name} = @${name}, `).join("");
  const sql = texts.get(
    `${kind.path} update ${names.join()}`,
    () => `UPDATE ${kind.table} SET ${sets()}version = version + 1, updated_at = @now
     WHERE id = likely(@id) AND ${matches(kind)}`,
  );
  return statement(
    sql,
    { ...columns, id, now, if_match: ifMatch, if_none_match: ifNoneMatch },
    CHANGED_IF_MATCHED,
  );
}

const remove = (kind: Kind): Command<DeleteInput> =>
  command({
    name: `${kind.path}.delete`,
    input: z.strictObject({ id: idText }),
    statements: ({ id }, { now, ifMatch, ifNoneMatch }) => [
      found(kind, id),
      keep(kind.path, id, now),
      statement(
        `DELETE FROM ${kind.table} WHERE id = likely(@id) AND ${matches(kind)}`,
        { id, if_match: ifMatch, if_none_match: ifNoneMatch },
        CHANGED_IF_MATCHED,
      ),
    ],
    audit: auditOf(kind),
    tags: ({ id }) => [`${kind.path}:${id}`, kind.path, "bin"],
  });

/** Those that nobody owns. */
export type PlainKind = Kind & { readonly path: Exclude<KindPath, "playlists"> };
export const PLAIN_KINDS = ALL_KINDS.filter((kind): kind is PlainKind => kind.path !== "playlists");

export const CATALOGUE_COMMANDS = Object.fromEntries(
  PLAIN_KINDS.map((kind) => [kind.path, { create: create(kind), patch: patch(kind), remove: remove(kind) }]),
) as Readonly<Record<PlainKind["path"], KindCommands>>;
