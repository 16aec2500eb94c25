import { z } from "zod";
import { type Command, command, statement } from "../../../engine/commands/command.ts";
import { FOUND } from "../../../engine/commands/guards.ts";
import type { Upkeep } from "../../../engine/housekeeping.ts";
import { nothing } from "../../../engine/reads/read.ts";
import { idText } from "../../../http/fields.ts";
import { etagOf, jsonOf, KINDS, type KindPath } from "../../../model/kinds.ts";
import type { Asker } from "../playlists/access.ts";
import { asker } from "../playlists/commands.ts";
import { CONTENT, RELATIONS } from "./relations.ts";

const KEPT_MS = 30 * 86_400_000;
/** Entities that one command sweeps. */
const SLICE = 1_000;

export interface RestoreInput {
  readonly asker: Asker;
  /** The entry's. */
  readonly id: number;
  readonly kind: KindPath;
  readonly entity: number;
}

const values = (of: string, columns: readonly string[]): string =>
  columns.map((_, i) => `${of} ->> ${i}`).join(", ");

/** What it refers to must be there, and its place must be free. Relations come back as far as their other ends exist. */
const restore: Command<RestoreInput> = command({
  name: "bin.restore",
  input: z.strictObject({
    asker,
    id: idText,
    kind: z.enum(Object.keys(KINDS) as [KindPath, ...KindPath[]]),
    entity: z.int().min(1),
  }) as unknown as z.ZodType<RestoreInput>,
  statements: ({ asker, id, kind, entity }) => [
    statement(
      `SELECT 1 FROM deleted_entities t WHERE t.id = likely(@id) AND t.kind = likely(@kind)
         AND t.entity_id = likely(@entity)
         AND (t.owner_id = likely(@user) OR (t.owner_id IS NULL AND likely(@editor)))`,
      { ...asker, id, kind, entity },
      FOUND,
    ),
    statement(
      `INSERT INTO ${KINDS[kind].table} (${CONTENT[kind].join(", ")})
       SELECT ${values("content", CONTENT[kind])} FROM deleted_entities WHERE id = likely(@id)`,
      { id },
    ),
    ...RELATIONS[kind].map(({ table, columns, alive }) =>
      statement(
        `INSERT OR IGNORE INTO ${table} (${columns.join(", ")})
         SELECT ${values("value", columns)} FROM deleted_entities d, json_each(d.relations, '$.${table}')
         WHERE d.id = likely(@id) AND ${alive}`,
        { id },
      ),
    ),
    statement("DELETE FROM deleted_entities WHERE id = likely(@id)", { id }),
  ],
  answer: ({ kind, entity }) =>
    statement(
      `SELECT ${jsonOf(KINDS[kind])} AS body, ${etagOf(KINDS[kind])} AS etag FROM ${KINDS[kind].from} WHERE t.id = likely(@entity)`,
      { entity },
    ),
  foreignKey: "reference_unknown",
  audit: { object: ({ kind, entity }) => `${kind}:${entity}` },
  // Playlists, tags and lists of listeners change with it.
  tags: () => ["*"],
});

/** Forgets what was deleted thirty days ago. */
export const SWEEP: Upkeep = command({
  name: "bin.sweep",
  input: nothing,
  statements: (_, { now }) => [
    statement(
      `DELETE FROM deleted_entities WHERE id IN
         (SELECT id FROM deleted_entities WHERE deleted_at < likely(@before) ORDER BY deleted_at LIMIT ${SLICE})`,
      { before: new Date(Date.parse(now) - KEPT_MS).toISOString() },
    ),
  ],
  answer: () => statement(`SELECT (changes() = ${SLICE}) || '' AS body, NULL AS etag`, {}),
  audit: "none",
  tags: () => ["bin"],
});

export const BIN_COMMANDS = { restore };
