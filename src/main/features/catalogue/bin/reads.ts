import { z } from "zod";
import { decodeCursor, type OwnPageParams, pageOf } from "../../../engine/reads/page.ts";
import { QUERIES, type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { userIn } from "../../../http/access.ts";
import { idText, pageParameters } from "../../../http/fields.ts";
import { KINDS, type KindPath } from "../../../model/kinds.ts";

const kinds = z.enum(Object.keys(KINDS) as [KindPath, ...KindPath[]]);

export const binSchema = z
  .object({
    id: z.int().meta({ description: "Of this entry, not of what was deleted." }),
    kind: kinds,
    entity_id: z.int(),
    name: z.string(),
    deleted_at: z.iso.datetime(),
  })
  .meta({ id: "DeletedEntity" });

const JSON_OBJECT = `json_object('id', t.id, 'kind', t.kind, 'entity_id', t.entity_id, 'name', t.name, 'deleted_at', t.deleted_at)`;

/** Latest first. Null as the owner: what belonged to nobody. */
const list = (name: string, audience: "everybody" | "principal"): Read<OwnPageParams> =>
  read({
    name,
    lane: "point",
    audience,
    params: z.strictObject({
      ...pageParameters("-id"),
    }) as unknown as z.ZodType<OwnPageParams>,
    statement: (params) => {
      const { limit, sort, principal } = params;
      return {
        sql: pageOf(`
          SELECT ${JSON_OBJECT} AS item, t.id AS sort_key, t.id AS sort_id FROM deleted_entities t
          WHERE t.owner_id IS likely(@owner) AND t.id < likely(@after_id) ORDER BY t.id DESC LIMIT @limit + 1`),
        params: {
          ...{ limit, sort, after_id: decodeCursor(params)?.[1] ?? Number.MAX_SAFE_INTEGER },
          owner: userIn(principal),
        },
      };
    },
    cache: { ...QUERIES, tags: () => ["bin"], joins: [] },
  });

const ONE: Read<{ readonly id: number }> = read({
  name: "bin.get",
  lane: "point",
  params: z.strictObject({ id: idText }),
  statement: ({ id }) => ({
    sql: `SELECT ${JSON_OBJECT}, '', NULL FROM deleted_entities t WHERE t.id = likely(@id)`,
    params: { id },
  }),
  cache: UNCACHED,
});

export const BIN_READS = { ALL: list("bin.list", "everybody"), OWN: list("bin.own", "principal"), ONE };
