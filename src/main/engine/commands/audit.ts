import type { Statement, Statements } from "../../../shared/protocol.ts";
import type { AnyCommand } from "./command.ts";
import { statement } from "./command.ts";

/** Whom a command is done for, and where they are: what the audit says of it. */
export interface Actor {
  /** `user:17`, `anonymous`, `operator`. */
  readonly principal: string;
  /** `session:4`, `key:9`. */
  readonly credential: string | null;
  readonly address: string | null;
  readonly requestId: string | null;
}

/**
 * What the audit says of a command beside who did it. Without any: the object is of the kind that the command's name
 * begins with, and its id the input's or the answer's; the new values are those of the answer.
 *
 * A secret must stand in neither: not in the state, nor in the answer.
 */
export interface AuditDescription<I> {
  /** `tracks:17`. */
  readonly object?: (input: I) => string;
  /** A SELECT of one JSON object, run before and after: what differs are the changes. */
  readonly state?: (input: I) => Statement;
}

const COLUMNS = "id, at, principal, credential, address, request_id, command, object, changes";
const NEXT = "(SELECT coalesce(max(id), 0) + 1 FROM audit)";
const WHO = `${NEXT}, @audit_at, @audit_principal, @audit_credential, @audit_address, @audit_request, @audit_command`;
const LAST = "WHERE id = (SELECT max(id) FROM audit)";
/** Bookkeeping that changes with everything. */
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
 * The statements with the entry about them, in the same transaction: what is committed is audited, what is refused
 * leaves nothing. The entry stands before the answer, which may ask for last_insert_rowid(): the table has no rowid.
 */
export function withAudit({ command, input, actor, now, statements, answer }: Audited): Statements {
  if (command.audit === "none") return statements;
  const { object = objectOf, state } = command.audit ?? {};
  const who = whoOf(command, actor, now, object(input, command));
  if (state === undefined) return [...statements, entryOf(who, answer, command)];
  const { sql, params } = state(input);
  return [
    statement(`INSERT INTO audit (${COLUMNS}) SELECT ${WHO}, @audit_object, (${sql})`, { ...params, ...who }),
    ...statements,
    statement(`UPDATE audit SET changes = (${differences(sql)}) ${LAST}`, params),
  ];
}

/** An entry about what was no command: a refused login, a denied access. */
export const auditEntry = (
  actor: Actor,
  command: string,
  object: string | null,
  changes: string | null,
  now: string,
): Statement =>
  statement(`INSERT INTO audit (${COLUMNS}) SELECT ${WHO}, @audit_object, @changes`, {
    ...whoOf({ name: command }, actor, now, object),
    changes,
  });

const whoOf = ({ name }: { readonly name: string }, actor: Actor, now: string, object: string | null) => ({
  audit_at: now,
  audit_principal: actor.principal,
  audit_credential: actor.credential,
  audit_address: actor.address,
  audit_request: actor.requestId,
  audit_command: name,
  audit_object: object,
});

const kindOf = (name: string): string => name.split(".", 1)[0]!;

function objectOf(input: unknown, { name }: AnyCommand): string | null {
  const { id } = input as { id?: number | string };
  return id === undefined ? null : `${kindOf(name)}:${id}`;
}

/** What the answer shows is new: its fields are the changes, and its id the object's where the input has none. */
function entryOf(
  who: ReturnType<typeof whoOf>,
  answer: Statement | undefined,
  { name }: AnyCommand,
): Statement {
  if (answer === undefined) {
    return statement(`INSERT INTO audit (${COLUMNS}) SELECT ${WHO}, @audit_object, NULL`, who);
  }
  return statement(
    `INSERT INTO audit (${COLUMNS}) SELECT ${WHO},
       coalesce(@audit_object, '${kindOf(name)}' || coalesce(':' || (body ->> '$.id'), '')),
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

/** Drops a slice of what is older; the entries are in the order of time. */
export const forgetOldEntries = (before: string): Statement =>
  statement(
    "DELETE FROM audit WHERE id IN (SELECT id FROM audit ORDER BY id LIMIT 10000) AND at < likely(@before)",
    {
      before,
    },
  );
