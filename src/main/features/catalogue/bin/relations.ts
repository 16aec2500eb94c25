import type { Statement } from "../../../../shared/protocol.ts";
import { statement } from "../../../engine/commands/command.ts";
import { KINDS, type KindPath } from "../../../model/kinds.ts";

/** Columns of each kind's table. Counts are left out: triggers count again when the relations come back. */
const NAMED = ["id", "public_id", "slug", "name", "version", "created_at", "updated_at"];
export const CONTENT: Readonly<Record<KindPath, readonly string[]>> = {
  artists: NAMED,
  genres: NAMED,
  "media-types": NAMED,
  albums: [...NAMED.with(3, "title"), "artist_id", "release_date"],
  tracks: [
    ...NAMED,
    ...["album_id", "media_type_id", "genre_id", "composer", "milliseconds", "bytes", "unit_price_cents"],
    ...["disc_number", "track_number"],
  ],
  playlists: [...NAMED, "owner_id", "description", "visibility", "allow_duplicates"],
  tags: [...NAMED, "type", "parent_id", "synonyms"],
};

/** Rows of another table that go with an entity and come back with it. */
export interface Relation {
  readonly table: string;
  readonly columns: readonly string[];
  /** Which rows, of the entity `@id`. */
  readonly of: string;
  /** Whether a row (`value`, a JSON array) can come back: what else it refers to is there. */
  readonly alive: string;
}

const ENTRY = ["id", "playlist_id", "track_id", "position", "added_at"];
const TAGGED = ["track_id", "tag_id", "added_at"];
const still = (table: string, column: number): string =>
  `EXISTS (SELECT 1 FROM ${table} WHERE id = value ->> ${column})`;

/** An account that was deleted meanwhile leaves nothing behind. */
const byUser = (column: number): string =>
  `(ifnull(value ->> ${column}, 0) = 0 OR EXISTS (
    SELECT 1 FROM users WHERE id = value ->> ${column} AND status <> 'deleted'))`;

const MARK = ["id", "user_id", "kind", "entity_id"];
const COMMENT = [
  "id",
  "kind",
  "entity_id",
  "parent_id",
  "user_id",
  "text",
  "created_at",
  "edited_at",
  "version",
];

const marks = (of: string): Relation[] => [
  { table: "favourites", columns: [...MARK, "added_at"], of, alive: byUser(1) },
  { table: "ratings", columns: [...MARK, "stars", "rated_at"], of, alive: byUser(1) },
];
/** Comments before their replies: a reply whose comment does not come back does not either. */
const comments = (of: string): Relation[] => [
  { table: "comments", columns: COMMENT, of, alive: `value ->> 3 IS NULL AND ${byUser(4)}` },
  { table: "comments", columns: COMMENT, of, alive: `${still("comments", 3)} AND ${byUser(4)}` },
];
const about = (kind: KindPath): string => `kind = '${kind}' AND entity_id = likely(@id)`;

export const RELATIONS: Readonly<Record<KindPath, readonly Relation[]>> = {
  artists: [...marks(about("artists")), ...comments(about("artists"))],
  albums: [...marks(about("albums")), ...comments(about("albums"))],
  tracks: [
    { table: "playlist_tracks", columns: ENTRY, of: "track_id = likely(@id)", alive: still("playlists", 1) },
    { table: "track_tags", columns: TAGGED, of: "track_id = likely(@id)", alive: still("tags", 1) },
    {
      table: "track_metadata",
      columns: ["track_id", "key", "type", "value", "updated_at"],
      of: "track_id = likely(@id)",
      alive: "true",
    },
    ...marks(about("tracks")),
    ...comments(about("tracks")),
  ],
  tags: [{ table: "track_tags", columns: TAGGED, of: "tag_id = likely(@id)", alive: still("tracks", 0) }],
  genres: [],
  "media-types": [],
  playlists: [
    { table: "playlist_tracks", columns: ENTRY, of: "playlist_id = likely(@id)", alive: still("tracks", 2) },
    ...comments(about("playlists")),
  ],
};

const rowsOf = ({ table, columns, of }: Relation): string =>
  `'${table}', json((SELECT json_group_array(json_array(${columns.join(", ")})) FROM ${table} WHERE ${of}))`;

/** Keeps an entity with its relations. To be run before it is deleted, in the same command. */
export function keep(kind: KindPath, id: number, now: string): Statement {
  const name = kind === "albums" ? "title" : "name";
  const owner = kind === "playlists" ? "t.owner_id" : "NULL";
  const relations = [
    ...new Map(RELATIONS[kind].map((relation) => [relation.table, rowsOf(relation)])).values(),
  ];
  return statement(
    `INSERT INTO deleted_entities (kind, entity_id, name, owner_id, content, relations, deleted_at)
     SELECT '${kind}', t.id, t.${name}, ${owner}, json_array(${CONTENT[kind].map((column) => `t.${column}`).join(", ")}),
       json_object(${relations.join(", ")}), @now
     FROM ${KINDS[kind].table} t WHERE t.id = likely(@id)`,
    { id, now },
  );
}
