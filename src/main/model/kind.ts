import type { z } from "zod";
import type { Param, Statement } from "../../shared/protocol.ts";
import type { Filter } from "./filters.ts";

/** The seven kinds of catalogue entities, by their path under `/v1`. */
export type KindPath = "artists" | "albums" | "tracks" | "genres" | "media-types" | "playlists" | "tags";

/** A kind's definition for reads, commands, routes and the API description. `t` is the alias of its own table. */
export interface Kind {
  readonly path: KindPath;
  readonly noun: string;
  /** Its name in the API description and in generated clients. */
  readonly type: string;
  readonly table: string;
  /** The joins for the names that it shows; `t` first. */
  readonly from: string;
  /** The fields of its JSON object, in order: an SQL expression each. */
  readonly fields: Readonly<Record<string, string>>;
  /** Versions of all rows that its JSON shows. Together they are its ETag. */
  readonly versions: readonly string[];
  /** SQL for the tags that only the row knows (entities whose names it shows), separated by spaces. */
  readonly rowTags: string;
  /** Tags of everything whose names it shows: kinds, and `people`. */
  readonly joins: readonly string[];
  /** Conditions on what everybody may see: by id, and in lists. Without it everybody may see everything. */
  readonly shown?: { readonly byId: string; readonly listed: string };
  readonly sorts: Readonly<Record<string, string>>;
  /** The sort of lists that name none; `id` by default. */
  readonly usual?: string;
  /** Sorts by another entity's name. */
  readonly walks?: Readonly<Record<string, Walk>>;
  readonly filters: readonly Filter[];
  /** Maps query parameters whose names are not known beforehand to known ones. */
  readonly gather?: (query: Record<string, string>) => Record<string, string>;
  readonly schema: z.ZodObject;
  readonly input: z.ZodObject;
  /** Body field → the table that its id must be in. */
  readonly references: Readonly<Record<string, string>>;
  /** What must hold of an entity once it is written, with guards. @param id SQL of its id. */
  readonly rules?: (id: string, params: Record<string, Param>) => readonly Statement[];
  /** Maps a validated body (whole, or the fields of a PATCH) to columns. */
  readonly toColumns: (input: Record<string, unknown>) => Record<string, Param>;
}

/** How to read a list in the order of a name in another table. */
export interface Walk {
  /** The kind's `from`, led by the index with the order. */
  readonly from: string;
  /** The sort column and the row's id, as in that index. */
  readonly column: string;
  readonly id: string;
}
