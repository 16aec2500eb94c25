import { MadeOnce } from "../../../shared/made-once.ts";
import type { Statement, Statements } from "../../../shared/protocol.ts";
import { type AnyCommand, statement } from "./command.ts";

/** Who executes a command, and from where: for the audit log. */
export interface Actor {
  /** `user:17`, `anonymous`, `operator`. */
  readonly principal: string;
  /** `session:4`, `key:9`. */
  readonly credential: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
}

/** With VALUES where there is one row: with SELECT SQLite keeps a journal of the statement, for a third of its time. */
const INSERT =
  "INSERT INTO audit (id, at, principal, credential, address, request_id, command, object, changes)";
const NEXT = "(SELECT coalesce(max(id), 0) + 1 FROM audit)";
/** The parameters have short names: they travel with each command. */
const WHO = `${NEXT}, @a_at, @a_who, @a_by, @a_from, @a_req, @a_cmd`;
const LAST = "WHERE id = (SELECT max(id) FROM audit)";
/** Fields that change with every write. They are not recorded. */
const UNTOLD = "key NOT IN ('updated_at', 'version')";

interface Audited {
  readonly command: AnyCommand;
  readonly input: unknown;
  readonly actor: Actor;
  readonly now: string;
  readonly statements: Statements;
  readonly answer: Statement | undefined;
}

/**
 * Adds the audit entry to a command's statements, in the same transaction: every committed command is audited, and
 * a refused one leaves nothing. The entry precedes the answer, which may use last_insert_rowid(): the table has no
 * rowid.
 */
export function withAudit({ command, input, actor, now, statements, answer }: Audited): Statements {
  if (command.audit === "none") return statements;
  const { object = objectOf, state, changes, created, withoutAddress = false } = command.audit ?? {};
  const who = whoOf(
    command,
    withoutAddress ? { ...actor, address: null } : actor,
    now,
    object(input, command),
  );
  if (changes !== undefined) return [entryWith(who, changes(input)), ...statements];
  if (created !== undefined) return [...statements, entryOfNew(who, created(input), command)];
  if (state === undefined) return [...statements, entryOf(who, answer, command)];
  const before = state(input);
  return [
    entryWith(who, before),
    ...statements,
    statement(`UPDATE audit SET changes = (${differences(before.sql)}) ${LAST}`, before.params),
  ];
}

const texts = new MadeOnce();

const entryWith = (who: ReturnType<typeof whoOf>, { sql, params }: Statement): Statement =>
  statement(
    texts.get(sql, () => `${INSERT} VALUES (${WHO}, @a_obj, (${sql}))`),
    { ...params, ...who },
  );

/** An entry for an event that is no command: a refused login, a denied access. */
export const auditEntry = (
  actor: Actor,
  command: string,
  object: string | null,
  changes: string | null,
  now: string,
): Statement =>
  statement(`${INSERT} VALUES (${WHO}, @a_obj, @changes)`, {
    ...whoOf({ name: command }, actor, now, object),
    changes,
  });

const whoOf = ({ name }: { readonly name: string }, actor: Actor, now: string, object: string | null) => ({
  a_at: now,
  a_who: actor.principal,
  a_by: actor.credential,
  a_from: actor.address,
  a_req: actor.requestId,
  a_cmd: name,
  a_obj: object,
});

const kindOf = (name: string): string => name.split(".", 1)[0]!;

function objectOf(input: unknown, { name }: AnyCommand): string | null {
  const { id } = input as { id?: number | string };
  return id === undefined ? null : `${kindOf(name)}:${id}`;
}

/** SQLite has no part in it: the values are those of the input. */
function entryOfNew(
  who: ReturnType<typeof whoOf>,
  fields: Readonly<Record<string, unknown>>,
  { name }: AnyCommand,
): Statement {
  const given = Object.entries(fields).filter(([, value]) => value != null);
  const changes = JSON.stringify(Object.fromEntries(given.map(([field, value]) => [field, [null, value]])));
  const sql = texts.get(
    name,
    () => `${INSERT} VALUES (${WHO}, '${kindOf(name)}:' || last_insert_rowid(), @a_new)`,
  );
  return statement(sql, { ...who, a_new: changes });
}

/** Records the fields of the answer as the changes. Its id is the object's if the input has none. */
function entryOf(
  who: ReturnType<typeof whoOf>,
  answer: Statement | undefined,
  { name }: AnyCommand,
): Statement {
  if (answer === undefined) {
    return statement(`${INSERT} VALUES (${WHO}, @a_obj, NULL)`, who);
  }
  return statement(
    `${INSERT} SELECT ${WHO},
       coalesce(@a_obj, '${kindOf(name)}' || coalesce(':' || (body ->> '$.id'), '')),
       (SELECT json_group_object(key, json_array(NULL, value)) FROM json_each(body) WHERE value IS NOT NULL AND ${UNTOLD})
     FROM (${answer.sql})`,
    { ...answer.params, ...who },
  );
}

const differences = (after: string): string => `
  SELECT json_group_object(key, json_array(old, new)) FROM (
    SELECT key, b.value AS old, a.value AS new
    FROM json_each(coalesce(audit.changes, '{}')) b FULL JOIN json_each(coalesce((${after}), '{}')) a USING (key))
  WHERE old IS NOT new AND ${UNTOLD}`;

/** Entries deleted at once. */
export const FORGOTTEN_AT_ONCE = 10_000;

/** Deletes a slice of the older entries. Ids are in order of time. */
export const forgetOldEntries = (before: string): Statement =>
  statement(
    `DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT ${FORGOTTEN_AT_ONCE})
       AND at < likely(@before)`,
    { before },
  );
