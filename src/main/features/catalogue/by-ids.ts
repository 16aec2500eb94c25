import { type Read, read } from "../../engine/reads/read.ts";
import { jsonOf, type Kind } from "../../model/kinds.ts";
import type { ListParams } from "./params.ts";

/** Parameters that a list by ids may have and stay one: those with other values make another list. */
const plain = ({ usual = "id" }: Kind): Readonly<Record<string, unknown>> => ({
  sort: usual,
  total: "0",
  cursor: undefined,
});

/** Whether nothing but ids is asked for: then they are answered in the order in which they stand. */
export function isByIds(kind: Kind, params: ListParams): boolean {
  if (params.ids === undefined) return false;
  const usual = plain(kind);
  return Object.entries(params).every(([name, value]) =>
    name === "ids" || name === "limit" ? true : name in usual ? value === usual[name] : value === undefined,
  );
}

/**
 * Entities by their ids, all in one page, in the order of the ids; those that nothing has are named as `missing`.
 *
 * @param list the kind's list, whose parameters and cache it shares.
 */
export function byIds(kind: Kind, list: Read<ListParams>): Read<ListParams> {
  const shown = kind.shown === undefined ? "" : `AND ${kind.shown.byId}`;
  const items = `SELECT ${jsonOf(kind)} AS item
    FROM json_each(@ids) CROSS JOIN ${kind.from.replace(`${kind.table} t`, `${kind.table} t ON t.id = json_each.value`)}
    WHERE true ${shown} ORDER BY json_each.key`;
  const missing = `SELECT json_each.value AS id FROM json_each(@ids)
    WHERE NOT EXISTS (SELECT 1 FROM ${kind.table} t WHERE t.id = json_each.value ${shown}) ORDER BY json_each.key`;
  const sql = `SELECT concat('{"data":[', (SELECT group_concat(item) FROM (${items})),
    '],"next":null,"missing":[', (SELECT group_concat(id) FROM (${missing})), ']}'), NULL, NULL`;
  return read({
    ...list,
    name: `${kind.path}.by_ids`,
    statement: ({ ids }) => ({ sql, params: { ids: ids! } }),
  });
}
