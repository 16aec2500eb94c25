import { z } from "zod";
import { uuidFromName } from "../../../../shared/names.ts";
import type { Guard, Param, Statement } from "../../../../shared/protocol.ts";
import { type Command, type CommandContext, command, statement } from "../../../engine/commands/command.ts";
import { id, timestamp, toUtc } from "../../../http/fields.ts";
import type { Kind } from "../../../model/kinds.ts";
import { referencesKnown } from "../commands.ts";
import { effect, noteWritten } from "./effect.ts";
import type { Line, Portable } from "./line.ts";

export const time = timestamp.transform(toUtc).meta({ override: { type: "string", format: "date-time" } });

const IDENTITY = { id: id.optional(), public_id: z.uuid().optional() };
const STAMPS = { created_at: time.optional(), updated_at: time.optional() };
/** A playlist that somebody owns is theirs to write. */
const OWNERLESS = { owner_id: z.null("must be null: what a listener owns is not imported").optional() };

const UNTAKEN: Guard = { must: "find_none", otherwise: { code: "invalid" } };

/** A line of a kind: what a POST takes, with the identity and the times that an export shows. */
export function kindLine(kind: Kind): Pick<Portable, "line" | "command"> {
  const followed = Object.keys(kind.fields).map((name) => [name, z.unknown().optional()]);
  const line = z.strictObject({
    ...Object.fromEntries(followed),
    ...kind.input.shape,
    ...IDENTITY,
    ...STAMPS,
    ...(kind.path === "playlists" ? OWNERLESS : {}),
  });
  return { line, command: importOf(kind, line) };
}

const bodyOf = (kind: Kind, line: Line): Line =>
  Object.fromEntries(
    Object.keys(kind.input.shape)
      .filter((name) => line[name] !== undefined)
      .map((name) => [name, line[name]]),
  );

/** A line without an identity gets one that is derived from it: the same line again is the same entity. */
const derivedId = (kind: Kind, line: Line): string =>
  uuidFromName(`line of ${kind.path} ${JSON.stringify(bodyOf(kind, line))}`);

/** How the row of a line is found: `@id` is null where the line has none. */
const identityOf = (kind: Kind, line: Line) => ({
  id: (line.id ?? null) as number | null,
  public_id: (line.public_id ?? (line.id === undefined ? derivedId(kind, line) : null)) as string | null,
});
const rowOf = ({ table }: Kind): string =>
  `coalesce(@id, (SELECT id FROM ${table} WHERE public_id = likely(@public_id)))`;

function importOf(kind: Kind, line: z.ZodObject): Command<Line> {
  return command({
    name: `${kind.path}.import`,
    input: line as z.ZodType<Line>,
    statements: (line, context): Statement[] => {
      const columns = kind.toColumns(bodyOf(kind, line));
      const identity = identityOf(kind, line);
      return [
        ...referencesKnown(kind, columns),
        ...sameIdentity(kind, identity),
        upsert(kind, line, columns, context),
        noteWritten,
        ...(kind.rules?.(`(SELECT ${rowOf(kind)})`, identity) ?? []),
      ];
    },
    answer: (line) =>
      effect(`(SELECT version FROM ${kind.table} WHERE id = ${rowOf(kind)}) = 1`, identityOf(kind, line)),
    audit: "none",
    // Which entity it is, is not known where a line gives no id.
    tags: ({ id }) => (id === undefined ? ["*"] : [`${kind.path}:${id}`, kind.path]),
  });
}

/** An id that is taken by another entity would be overwritten; another's playlist, too. */
function sameIdentity(kind: Kind, identity: ReturnType<typeof identityOf>): Statement[] {
  const another = `SELECT '/public_id', 'is not that of the ${kind.noun} with this id' FROM ${kind.table}
    WHERE id = likely(@id) AND public_id <> likely(@public_id)`;
  const owned = `SELECT '/id', 'is of a playlist that a listener owns' FROM playlists
    WHERE id = ${rowOf(kind)} AND owner_id IS NOT NULL`;
  return [
    statement(kind.path === "playlists" ? `${another} UNION ALL ${owned}` : another, identity, UNTAKEN),
  ];
}

function upsert(
  kind: Kind,
  line: Line,
  columns: Record<string, Param>,
  { now, uuid }: CommandContext,
): Statement {
  const { id, public_id } = identityOf(kind, line);
  const { created_at = now, updated_at = now } = line as { created_at?: string; updated_at?: string };
  const given = Object.keys(columns);
  const names = [...given, "created_at", "updated_at"];
  const sets = given.map((name) => `${name} = excluded.${name}, `).join("");
  const differs = given.map((name) => `${kind.table}.${name} COLLATE BINARY IS NOT excluded.${name}`);
  return statement(
    `INSERT INTO ${kind.table} (id, public_id, ${names.join(", ")})
     VALUES (${rowOf(kind)}, coalesce(@public_id, @new_public_id), ${names.map((name) => `@${name}`).join(", ")})
     ON CONFLICT (id) DO UPDATE SET ${sets}version = version + 1, updated_at = excluded.updated_at
     WHERE ${differs.length === 0 ? "false" : differs.join(" OR ")}`,
    { ...columns, id, public_id, new_public_id: uuid(), created_at, updated_at },
  );
}
