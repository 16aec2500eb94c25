import { z } from "zod";

/** A list's page, as it is documented. */
export const pageSchema = (item: z.ZodType) =>
  z.object({ data: z.array(item), next: z.string().nullable(), total: z.int().optional() });
