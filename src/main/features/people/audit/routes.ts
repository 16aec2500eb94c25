import { z } from "zod";
import type { Answers } from "../../../engine/reads/answers.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { readRoute } from "../../../http/read-route.ts";
import type { Route } from "../../../http/route.ts";
import { AUDIT_READ } from "./reads.ts";

const entrySchema = z
  .object({
    id: z.int(),
    at: z.iso.datetime(),
    principal: z.string(),
    credential: z.string().nullable(),
    address: z.string().nullable(),
    request_id: z.string().nullable(),
    command: z.string(),
    object: z.string().nullable(),
    changes: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: "By field: old and new value." }),
  })
  .meta({ id: "AuditEntry" });

export const auditRoutes = (answers: Answers): Route[] => [
  readRoute({
    path: "/v1/audit",
    access: "audit:read",
    load: "search",
    tag: "audit",
    summary: "The audit log: changes, their actors and refusals; latest first",
    read: AUDIT_READ,
    answers,
    response: { description: "A page.", body: pageSchema(entrySchema) },
  }),
];
