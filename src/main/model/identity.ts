import { z } from "zod";
import { slugify } from "../../shared/names.ts";
import type { Param } from "../../shared/protocol.ts";
import { id } from "../http/fields.ts";

/** What entities of several kinds have alike. */

export const stamp = {
  created_at: "t.created_at",
  updated_at: "t.updated_at",
};
export const identity = { id: "t.id", public_id: "t.public_id", slug: "t.slug" };

const time = z.iso.datetime().meta({ example: "2026-01-31T12:00:00.000Z" });
export const identitySchema = {
  id,
  public_id: z.uuid().meta({
    description: "The same in every copy of a catalogue.",
    example: "0f8fad5b-d9cb-469f-a165-70867728950e",
  }),
  slug: z.string().meta({ description: "The name for use in a URL. Similar names share a slug." }),
};
export const stampSchema = { created_at: time, updated_at: time };

export const withSlug = (column: string, value: unknown): Record<string, Param> =>
  value === undefined ? {} : { [column]: value as string, slug: slugify(value as string) };
