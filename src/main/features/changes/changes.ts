import { z } from "zod";
import { type Command, command, statement } from "../../engine/commands/command.ts";
import { type Nothing, nothing, type Read, read, UNCACHED } from "../../engine/reads/read.ts";

/** Number of latest changes that are kept. */
const KEPT = 500_000;
/** Changes that one command deletes. */
const SLICE = 10_000;

export interface ChangesParams {
  /** Undefined: from the current position on. */
  readonly since?: number | undefined;
  readonly limit: number;
}

export interface Change {
  readonly position: number;
  readonly kind: string;
  readonly id: number;
  readonly change: "created" | "changed" | "deleted" | "replaced";
}

/** Result of a read of changes. */
export interface ChangesPage {
  readonly data: readonly Change[];
  /** Position of the oldest kept change (the next position if there is none), and of the newest ever. */
  readonly first: number;
  readonly last: number;
  /** 1 if the oldest kept change is a replacement of the whole catalogue: then nothing before it matters. */
  readonly anew: 0 | 1;
}

const LAST = "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'changes'), 0)";
const FIRST = `coalesce((SELECT min(position) FROM changes), ${LAST} + 1)`;

/**
 * Changes after a position, and the range of known positions. Positions are in order of commit: one writer
 * assigns them.
 */
export const CHANGES_READ: Read<ChangesParams> = read({
  name: "changes.list",
  lane: "point",
  params: z.strictObject({
    since: z.int().optional(),
    limit: z.int(),
  }) as unknown as z.ZodType<ChangesParams>,
  statement: ({ since, limit }) => ({
    sql: `
      SELECT json_object('first', ${FIRST}, 'last', ${LAST},
        'anew', coalesce((SELECT change FROM changes
          WHERE position = (SELECT min(position) FROM changes)) = 'replaced', 0),
        'data', json((SELECT json_group_array(json_object(
            'position', page.position, 'kind', page.kind, 'id', page.id, 'change', page.change))
          FROM (SELECT * FROM changes WHERE position > likely(@since) ORDER BY position LIMIT likely(@limit)) page))),
        '', NULL`,
    params: { since: since ?? Number.MAX_SAFE_INTEGER, limit },
  }),
  cache: UNCACHED,
});

/** Deletes a slice of the changes beyond the limit. The body is 1 if there may be more. */
export const FORGET_CHANGES: Command<Nothing> = command({
  name: "changes.forget",
  input: nothing,
  statements: () => [
    statement(
      `DELETE FROM changes WHERE position <= min((SELECT max(position) FROM changes) - ${KEPT},
         (SELECT min(position) FROM changes) + ${SLICE - 1})`,
      {},
    ),
  ],
  answer: () => statement(`SELECT (changes() = ${SLICE}) || '' AS body, NULL AS etag`, {}),
  audit: "none",
  tags: () => [],
});
