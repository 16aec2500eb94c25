import { z } from "zod";
import type { Guard, Param, Statement, Statements } from "../../../shared/protocol.ts";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { CHANGED, FOUND, REFERENCES_KNOWN, UNKNOWN_ID, unchanged } from "../../engine/commands/guards.ts";
import { idText } from "../../http/fields.ts";
import { CHANGES, INPUTS, jsonOf, SHOP_KINDS, type ShopKind } from "./kinds.ts";
import { SHOP_READS } from "./reads.ts";

type Body = Record<string, unknown>;

export interface ChangeInput {
  readonly id: number;
  readonly body: Body;
  /** The entity as JSON text as the client saw it; it must be unchanged. */
  readonly seen?: string | undefined;
}
export type RemoveInput = Omit<ChangeInput, "body">;

type People = ShopKind & { readonly path: "customers" | "employees" };

/** Kinds that refer to a person, with the column of the reference. */
const LEADER = { customers: "support_rep_id", employees: "reports_to" } as const;

const columnsOf = (body: Body): Record<string, Param> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as Record<
    string,
    Param
  >;

const answerWhere = (kind: ShopKind, condition: string): string =>
  `SELECT ${jsonOf(kind)} AS body, NULL AS etag FROM ${kind.path} t WHERE ${condition}`;

function leaderKnown({ path }: People, columns: Record<string, Param>): Statements {
  const leader = columns[LEADER[path]];
  if (leader == null) return [];
  const unknown = `SELECT '/${LEADER[path]}', '${UNKNOWN_ID}'
    WHERE NOT EXISTS (SELECT 1 FROM employees WHERE id = likely(@leader))`;
  return [statement(unknown, { leader }, REFERENCES_KNOWN)];
}

const NO_CIRCLE: Guard = { must: "find_none", otherwise: { code: "invalid" } };

/** Nobody may report to themselves, directly or through others. */
function noCircle({ path }: People, id: number, columns: Record<string, Param>): Statements {
  if (path !== "employees" || columns.reports_to == null) return [];
  const sql = `WITH RECURSIVE above (id) AS (
      SELECT likely(@leader) UNION SELECT e.reports_to FROM above JOIN employees e ON e.id = above.id)
    SELECT '/reports_to', 'reports to this employee' WHERE likely(@id) IN (SELECT id FROM above)`;
  return [statement(sql, { id, leader: columns.reports_to }, NO_CIRCLE)];
}

const create = (kind: People): Command<Body> =>
  command({
    name: `${kind.path}.create`,
    input: INPUTS[kind.path] as unknown as z.ZodType<Body>,
    statements: (body) => {
      const columns = columnsOf(body);
      const names = Object.keys(columns);
      const values = names.map((name) => `@${name}`);
      return [
        ...leaderKnown(kind, columns),
        statement(`INSERT INTO ${kind.path} (${names.join(", ")}) VALUES (${values.join(", ")})`, columns),
      ];
    },
    // A new customer creates a user, so the last rowid may be the user's.
    answer: () => statement(answerWhere(kind, `t.id = (SELECT max(id) FROM ${kind.path})`), {}),
    tags: () => (kind.path === "customers" ? [kind.path, "accounts"] : [kind.path]),
  });

const found = ({ path }: ShopKind, id: number): Statement =>
  statement(`SELECT 1 FROM ${path} WHERE id = likely(@id)`, { id }, FOUND);

const auditOf = (kind: People) => ({
  object: ({ id }: { readonly id: number }) => `${kind.path}:${id}`,
  state: ({ id }: { readonly id: number }) =>
    statement(`SELECT ${jsonOf(kind)} FROM ${kind.path} t WHERE t.id = likely(@id)`, { id }),
});

const tags =
  ({ path }: People) =>
  ({ id }: { readonly id: number }) => [`${path}:${id}`, path];

const patch = (kind: People): Command<ChangeInput> =>
  command({
    name: `${kind.path}.patch`,
    input: z.strictObject({
      id: idText,
      body: CHANGES[kind.path],
      seen: z.string().optional(),
    }) as unknown as z.ZodType<ChangeInput>,
    statements: ({ id, body, seen }) => {
      const columns = columnsOf(body);
      const sets = Object.keys(columns).map((name) => `${name} = @${name}`);
      return [
        found(kind, id),
        ...unchanged(SHOP_READS[kind.path].entity, { id }, seen),
        ...leaderKnown(kind, columns),
        ...noCircle(kind, id, columns),
        statement(
          `UPDATE ${kind.path} SET ${sets.join(", ")} WHERE id = likely(@id)`,
          { ...columns, id },
          CHANGED,
        ),
      ];
    },
    answer: ({ id }) => statement(answerWhere(kind, "t.id = likely(@id)"), { id }),
    audit: auditOf(kind),
    tags: tags(kind),
  });

const remove = (kind: People): Command<RemoveInput> =>
  command({
    name: `${kind.path}.delete`,
    input: z.strictObject({ id: idText, seen: z.string().optional() }) as unknown as z.ZodType<RemoveInput>,
    statements: ({ id, seen }) => [
      found(kind, id),
      ...unchanged(SHOP_READS[kind.path].entity, { id }, seen),
      statement(`DELETE FROM ${kind.path} WHERE id = likely(@id)`, { id }, CHANGED),
    ],
    audit: auditOf(kind),
    tags: tags(kind),
  });

const commandsOf = (kind: People) => ({ create: create(kind), patch: patch(kind), remove: remove(kind) });

export const SHOP_COMMANDS = {
  customers: commandsOf(SHOP_KINDS.customers as People),
  employees: commandsOf(SHOP_KINDS.employees as People),
} as const;
