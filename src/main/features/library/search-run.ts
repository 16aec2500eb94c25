import { z } from "zod";
import { decodeCursor, pageOf } from "../../engine/reads/page.ts";
import { inTime, type Read, read } from "../../engine/reads/read.ts";
import { cursorText, idText, limitText } from "../../http/fields.ts";
import { jsonOf, KINDS } from "../../model/kinds.ts";
import { meOf } from "./listener.ts";
import { conditionsOf, limitOf, SORTS, sortOf, type TrackSearch } from "./searches.ts";

const TRACKS = KINDS.tracks;

export interface RunParams {
  readonly id: number;
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly new: "0" | "1";
  readonly principal?: string;
  /** What is saved: no client gives it. As a part of the key it makes another search another answer. */
  readonly search?: TrackSearch;
  readonly looked_at?: string | null;
}

export const runParams = z.strictObject({
  id: idText,
  limit: limitText,
  cursor: cursorText,
  new: z.enum(["0", "1"]).default("0").meta({
    description: "1: only what was added to the catalogue since the owner last looked.",
  }),
}) as unknown as z.ZodType<RunParams>;

/** Cache tags of what a field looks through. */
const LOOKED_THROUGH = { tag: "tags", metadata: "metadata" } as const;

/**
 * What a saved search finds, for whoever looks. All of it is found before a page is cut: the search's own limit counts
 * from its beginning.
 */
export const RUN_READ: Read<RunParams> = read({
  name: "saved_searches.tracks",
  lane: "scan",
  params: runParams,
  statement: (params, now) => {
    const { search = {}, principal, looked_at = null } = params;
    const { name, down, sort } = sortOf(search);
    const [conditions, values] = conditionsOf(search, now);
    const recent = params.new === "1" && looked_at !== null;
    if (recent) conditions.push("t.created_at > likely(@looked_at)");
    const after = decodeCursor({ cursor: params.cursor, sort });
    const [past, way] = down ? ["<", " DESC"] : [">", ""];
    return {
      sql: pageOf(
        `SELECT ${jsonOf(TRACKS)} AS item, found.sort_key, t.id AS sort_id
         FROM found CROSS JOIN ${TRACKS.from.replace("tracks t", "tracks t ON t.id = found.id")}
         ${after === undefined ? "" : `WHERE (found.sort_key, found.id) ${past} (likely(@after_key), likely(@after_id))`}
         ORDER BY found.sort_key${way}, found.id${way} LIMIT @limit + 1`,
        "",
        "SELECT count(*) FROM found",
      ).replace(
        "WITH page",
        `WITH found AS MATERIALIZED (
          SELECT t.id, ${SORTS[name]} AS sort_key FROM tracks t LEFT JOIN albums al ON al.id = t.album_id
          WHERE ${[inTime("t.id"), ...conditions].join(" AND ")}
          ORDER BY ${SORTS[name]}${way}, t.id${way} LIMIT likely(@most)),
        page`,
      ),
      params: {
        ...{ ...values, me: meOf(principal), most: limitOf(search), limit: params.limit, sort },
        ...(recent ? { looked_at } : {}),
        ...(after === undefined ? {} : { after_key: after[0], after_id: after[1] }),
      },
    };
  },
  cache: {
    table: "search",
    lifetime: 600,
    tags: ({ id, principal, search }) => [
      ...[`saved-searches:${id}`, `users:${meOf(principal)}`, "tracks"],
      ...(["tag", "metadata"] as const).flatMap((field) => (search?.[field] ? LOOKED_THROUGH[field] : [])),
      ...TRACKS.joins,
    ],
    joins: [],
    freshness: "coherent",
  },
});
