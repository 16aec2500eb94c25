import { z } from "zod";
import { text } from "../../../http/fields.ts";

export { email } from "../../../http/fields.ts";

import { ROLES } from "../roles.ts";

/** Normalises an address for comparison: `Ada@Example.com` equals `ada@example.com`. */
export const emailKey = (address: string): string => address.normalize("NFC").toLowerCase();

/** The password rules apply where it is set. A login only compares it. */
export const password = z.string().min(1).max(1_024).meta({ format: "password" });
export const name = text(200).meta({ example: "Ada" });
export const role = z.enum(ROLES);

export const userSchema = z
  .object({
    id: z.int(),
    email: z.string().nullable(),
    email_verified: z.boolean(),
    name: z.string().nullable(),
    role,
    status: z.enum(["active", "disabled", "deleted"]),
    customer_id: z.int().nullable(),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: "User" });
