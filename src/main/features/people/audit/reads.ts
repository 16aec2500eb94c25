import { z } from "zod";
import { decodeCursor, type PageParams, pageOf } from "../../../engine/reads/page.ts";
import { type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { pageParameters, text, timestamp, toUtc } from "../../../http/fields.ts";

export interface AuditParams extends PageParams {
  readonly principal?: string;
  readonly command?: string;
  readonly object?: string;
  readonly from?: string;
  readonly to?: string;
}

const FILTERS: Readonly<Record<string, string>> = {
  principal: "principal = likely(@principal)",
  command: "(command = likely(@command) OR command GLOB likely(@command) || '.*')",
  object: "object = likely(@object)",
  from: "at >= likely(@from)",
  to: "at < likely(@to)",
};

export const AUDIT_JSON = `json_object('id', a.id, 'at', a.at, 'principal', a.principal, 'credential', a.credential,
  'address', a.address, 'request_id', a.request_id, 'command', a.command, 'object', a.object,
  'changes', json(a.changes))`;

/** Latest first. Filters scan the entries; the scan lane's deadline limits how far. */
export const AUDIT_READ: Read<AuditParams> = read({
  name: "audit.list",
  lane: "scan",
  params: z.strictObject({
    ...pageParameters("-id"),
    principal: text(100).optional().meta({ description: "Such as user:1000001, anonymous or operator." }),
    command: text(100)
      .optional()
      .meta({ description: "Such as tracks.patch; or tracks for all its commands." }),
    object: text(200).optional().meta({ description: "Such as tracks:17." }),
    from: timestamp
      .transform(toUtc)
      .optional()
      .meta({ override: { type: "string", format: "date-time" } }),
    to: timestamp
      .transform(toUtc)
      .optional()
      .meta({ override: { type: "string", format: "date-time" } }),
  }) as unknown as z.ZodType<AuditParams>,
  statement: (params) => {
    const { limit, cursor: _, sort, ...given } = params;
    const filters = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const conditions = Object.keys(filters).map((name) => `AND ${FILTERS[name]}`);
    return {
      sql: pageOf(`
        SELECT ${AUDIT_JSON} AS item, a.id AS sort_key, a.id AS sort_id FROM audit a
        WHERE a.id < likely(@after_id) AND (a.id % 256 <> 0 OR within_deadline()) ${conditions.join(" ")}
        ORDER BY a.id DESC LIMIT @limit + 1`),
      params: { limit, sort, after_id: decodeCursor(params)?.[1] ?? Number.MAX_SAFE_INTEGER, ...filters },
    };
  },
  cache: UNCACHED,
});
