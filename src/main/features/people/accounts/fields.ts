import { z } from "zod";
import { text } from "../../../http/fields.ts";
import { ROLES } from "../roles.ts";

/** One address and nothing else: what it is put into must not be able to take it for two. */
export const email = z
  .email({ pattern: /^[^\s@"<>()[\]\\,;:]{1,64}@[^\s@"<>()[\]\\,;:]{1,190}$/u })
  .max(254)
  .refine((value) => value.isWellFormed(), "must be well-formed Unicode")
  .meta({ example: "ada@example.com" });

/** The address as it is compared: `Ada@Example.com` is `ada@example.com`. */
export const emailKey = (address: string): string => address.normalize("NFC").toLowerCase();

/** Its rules are judged where it is set: a login says only whether it is the one. */
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
