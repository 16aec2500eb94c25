import { z } from "zod";

const pages = new Map<z.ZodType, z.ZodObject>();

/** The schema of a list's page: `TrackPage` for `Track`, one schema for all routes that return it. */
export function pageSchema(item: z.ZodType): z.ZodObject {
  const page = pages.get(item) ?? makePage(item);
  pages.set(item, page);
  return page;
}

function makePage(item: z.ZodType): z.ZodObject {
  const page = z.object({
    data: z.array(item),
    next: z.string().nullable().meta({ description: "The next page's `cursor`; null on the last one." }),
    missing: z.array(z.int()).optional().meta({ description: "Ids in `ids` that do not exist." }),
    total: z.int().min(0).optional().meta({ description: "The number of all matches; only if requested." }),
  });
  const name = item.meta()?.id;
  return name === undefined ? page : page.meta({ id: `${name}Page` });
}
