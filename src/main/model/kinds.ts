import { z } from "zod";
import { MadeOnce } from "../../shared/made-once.ts";
import type { Param } from "../../shared/protocol.ts";
import { date, id, money, prose, text, toCents } from "../http/fields.ts";
import { byId, counts, dates, equals, LOOKUPS, prefix, prices, times } from "./filters.ts";
import { identity, identitySchema, stamp, stampSchema, withSlug } from "./identity.ts";
import type { Kind, KindPath, Walk } from "./kind.ts";
import { gatherMetadata, metadataFilter } from "./metadata.ts";
import { TAGS, tagFilter } from "./tags.ts";

export type { Kind, KindPath, Walk } from "./kind.ts";

const comment_count = z.int().min(0).meta({ description: "Number of comments, including replies." });

/** Artists, genres and media types have only a name. */
function namedKind(
  path: KindPath,
  noun: string,
  type: string,
  table: string,
  example: string,
  commented = false,
): Kind {
  return {
    path,
    noun,
    type,
    table,
    from: `${table} t`,
    fields: {
      ...identity,
      name: "t.name",
      ...(commented ? { comment_count: "t.comment_count" } : {}),
      ...stamp,
    },
    versions: ["t.version"],
    rowTags: "NULL",
    joins: [],
    sorts: { id: "t.id", name: "t.name", updated_at: "t.updated_at" },
    filters: [...LOOKUPS, prefix("name"), times("updated_at")],
    schema: z
      .object({
        ...identitySchema,
        name: z.string().meta({ example }),
        ...(commented ? { comment_count } : {}),
        ...stampSchema,
      })
      .meta({ id: type }),
    input: z.strictObject({ name: text(200).meta({ example }) }).meta({ id: `New${type}` }),
    references: {},
    toColumns: ({ name }) => withSlug("name", name),
  };
}

const ALBUM_ARTIST = "JOIN artists ar ON ar.id = t.artist_id";

/** Makes missing dates sortable and searchable. */
const RELEASED = "coalesce(t.release_date, '')";

const ALBUMS: Kind = {
  path: "albums",
  noun: "album",
  type: "Album",
  table: "albums",
  from: `albums t ${ALBUM_ARTIST}`,
  fields: {
    ...identity,
    title: "t.title",
    artist_id: "t.artist_id",
    artist_name: "ar.name",
    release_date: "t.release_date",
    comment_count: "t.comment_count",
    ...stamp,
  },
  versions: ["t.version", "ar.version"],
  rowTags: "'artists:' || t.artist_id",
  joins: ["artists"],
  sorts: {
    id: "t.id",
    title: "t.title",
    artist: "ar.name",
    release_date: RELEASED,
    updated_at: "t.updated_at",
  },
  walks: {
    artist: {
      from: "artists ar INDEXED BY artists_name CROSS JOIN albums t ON t.artist_id = ar.id",
      column: "ar.name",
      id: "t.id",
    },
  },
  filters: [
    ...LOOKUPS,
    byId("artist_id"),
    prefix("title"),
    dates("release_date", RELEASED),
    times("updated_at"),
  ],
  schema: z
    .object({
      ...identitySchema,
      title: z.string().meta({ example: "Night Ferry" }),
      artist_id: id,
      artist_name: z.string().meta({ example: "The Tide Tables" }),
      release_date: z.iso.date().nullable(),
      comment_count,
      ...stampSchema,
    })
    .meta({ id: "Album" }),
  input: z
    .strictObject({
      title: text(300).meta({ example: "Night Ferry" }),
      artist_id: id,
      release_date: date.nullable().optional(),
    })
    .meta({ id: "NewAlbum" }),
  references: { artist_id: "artists" },
  toColumns: ({ title, ...rest }) => ({ ...withSlug("title", title), ...(rest as Record<string, Param>) }),
};

const TRACK_JOINS = `
    LEFT JOIN albums al ON al.id = t.album_id
    LEFT JOIN artists ar ON ar.id = al.artist_id
    LEFT JOIN genres g ON g.id = t.genre_id
    JOIN media_types m ON m.id = t.media_type_id`;

/** Tracks ordered by a name that their search documents contain; those without one come first. */
const byDocument = (sort: string, column: string): Walk => ({
  from: `track_documents d INDEXED BY track_documents_${sort} CROSS JOIN tracks t ON t.id = d.id ${TRACK_JOINS}`,
  column: nameOrNone(`d.${column}`),
  id: "d.id",
});

const nameOrNone = (column: string): string => `coalesce(${column}, '') COLLATE NOCASE`;

const place = z.int().min(1).max(9_999).meta({ example: 1 });

const TRACKS: Kind = {
  path: "tracks",
  noun: "track",
  type: "Track",
  table: "tracks",
  from: `tracks t ${TRACK_JOINS}`,
  fields: {
    ...identity,
    name: "t.name",
    album_id: "t.album_id",
    album_title: "al.title",
    artist_id: "al.artist_id",
    artist_name: "ar.name",
    genre_id: "t.genre_id",
    genre_name: "g.name",
    media_type_id: "t.media_type_id",
    media_type_name: "m.name",
    composer: "t.composer",
    disc_number: "t.disc_number",
    track_number: "t.track_number",
    milliseconds: "t.milliseconds",
    bytes: "t.bytes",
    unit_price: "t.unit_price_cents / 100.0",
    comment_count: "t.comment_count",
    ...stamp,
  },
  versions: ["t.version", "al.version", "ar.version", "g.version", "m.version"],
  rowTags: `concat_ws(' ', 'albums:' || t.album_id, 'artists:' || al.artist_id, 'genres:' || t.genre_id,
    'media-types:' || t.media_type_id)`,
  joins: ["albums", "artists", "genres", "media-types"],
  sorts: {
    id: "t.id",
    name: "t.name",
    artist: nameOrNone("ar.name"),
    album: nameOrNone("al.title"),
    milliseconds: "t.milliseconds",
    unit_price: "t.unit_price_cents",
    updated_at: "t.updated_at",
  },
  walks: {
    artist: byDocument("artist", "artist_name"),
    album: byDocument("album", "album_title"),
  },
  filters: [
    ...LOOKUPS,
    byId("album_id"),
    byId("artist_id", {
      column: "t.album_id",
      test: "IN (SELECT id FROM albums WHERE artist_id = likely(@artist_id))",
    }),
    equals("composer", text(300), { test: "= likely(@composer) COLLATE NOCASE" }),
    byId("genre_id"),
    byId("media_type_id", { drives: false }),
    prefix("name"),
    counts("milliseconds"),
    prices("unit_price", "t.unit_price_cents"),
    times("updated_at"),
    metadataFilter,
    tagFilter,
  ],
  gather: gatherMetadata,
  schema: z
    .object({
      ...identitySchema,
      name: z.string().meta({ example: "Harbour Lights" }),
      album_id: id.nullable(),
      album_title: z.string().nullable().meta({ example: "Night Ferry" }),
      artist_id: id.nullable(),
      artist_name: z.string().nullable().meta({ example: "The Tide Tables" }),
      genre_id: id.nullable(),
      genre_name: z.string().nullable().meta({ example: "Shoegaze" }),
      media_type_id: id,
      media_type_name: z.string().meta({ example: "FLAC audio file" }),
      composer: z.string().nullable(),
      disc_number: place.nullable().meta({ description: "Number of the disc in its album." }),
      track_number: place.nullable().meta({ description: "Number of the track on the disc." }),
      milliseconds: z.int().min(0).meta({ description: "Duration in milliseconds.", example: 231_000 }),
      bytes: z.int().min(0).nullable().meta({ description: "Size of its file in bytes." }),
      unit_price: z.number().min(0).meta({ example: 0.99 }),
      comment_count,
      ...stampSchema,
    })
    .meta({ id: "Track" }),
  input: z
    .strictObject({
      name: text(300).meta({ example: "Harbour Lights" }),
      album_id: id.nullable().optional(),
      media_type_id: id,
      genre_id: id.nullable().optional(),
      composer: text(300).nullable().optional(),
      disc_number: place.nullable().optional(),
      track_number: place.nullable().optional(),
      milliseconds: z.int().min(0).max(1_000_000_000).meta({ example: 231_000 }),
      bytes: z.int().min(0).max(1_000_000_000_000).nullable().optional(),
      unit_price: money,
    })
    .meta({ id: "NewTrack" }),
  references: { album_id: "albums", media_type_id: "media_types", genre_id: "genres" },
  toColumns: ({ name, unit_price, ...rest }) => ({
    ...withSlug("name", name),
    ...(unit_price === undefined ? {} : { unit_price_cents: toCents(unit_price as number) }),
    ...(rest as Record<string, Param>),
  }),
};

const visibility = z.enum(["private", "unlisted", "public"]).meta({
  description:
    "`private`: for the owner only. `unlisted`: for anybody with its id, which can be guessed. `public`: listed.",
});
const PLAYLISTS: Kind = {
  ...namedKind("playlists", "playlist", "Playlist", "playlists", "Sunday morning"),
  from: "playlists t LEFT JOIN users u ON u.id = t.owner_id",
  fields: {
    ...identity,
    name: "t.name",
    description: "t.description",
    owner_id: "t.owner_id",
    owner_name: "u.name",
    visibility: "t.visibility",
    allow_duplicates: "json(iif(t.allow_duplicates, 'true', 'false'))",
    track_count: "t.track_count",
    milliseconds: "t.milliseconds",
    comment_count: "t.comment_count",
    ...stamp,
  },
  versions: ["t.version", "u.version"],
  rowTags: "'tracks people'",
  joins: ["tracks", "people"],
  shown: { byId: "t.visibility <> 'private'", listed: "t.visibility = 'public'" },
  schema: z
    .object({
      ...identitySchema,
      name: z.string().meta({ example: "Sunday morning" }),
      description: z.string().nullable(),
      owner_id: id.nullable().meta({ description: "Null if it has no owner, such as an imported playlist." }),
      owner_name: z.string().nullable(),
      visibility,
      allow_duplicates: z.boolean().meta({ description: "Whether a track may be in it more than once." }),
      track_count: z.int().min(0),
      milliseconds: z.int().min(0).meta({ description: "Total duration in milliseconds." }),
      comment_count,
      ...stampSchema,
    })
    .meta({ id: "Playlist" }),
  input: z
    .strictObject({
      name: text(200).meta({ example: "Sunday morning" }),
      description: prose(2_000).nullable().optional(),
      visibility: visibility.optional(),
      allow_duplicates: z.boolean().optional(),
    })
    .meta({ id: "NewPlaylist" }),
  toColumns: ({ name, allow_duplicates, ...rest }) => ({
    ...withSlug("name", name),
    ...(allow_duplicates === undefined ? {} : { allow_duplicates: Number(allow_duplicates) }),
    ...(rest as Record<string, Param>),
  }),
};

export const KINDS = {
  artists: namedKind("artists", "artist", "Artist", "artists", "The Tide Tables", true),
  albums: ALBUMS,
  tracks: TRACKS,
  genres: namedKind("genres", "genre", "Genre", "genres", "Shoegaze"),
  "media-types": namedKind("media-types", "media type", "MediaType", "media_types", "FLAC audio file"),
  playlists: PLAYLISTS,
  tags: TAGS,
} as const satisfies Record<KindPath, Kind>;

export const ALL_KINDS: readonly Kind[] = Object.values(KINDS);

/** The entity as JSON text, in SQL. */
const jsons = new MadeOnce();
const etags = new MadeOnce();

export const jsonOf = (kind: Kind): string =>
  jsons.get(
    kind.path,
    () =>
      `json_object(${Object.entries(kind.fields)
        .map(([name, expression]) => `'${name}', ${expression}`)
        .join(", ")})`,
  );

/**
 * The entity's ETag, in SQL. It changes exactly when its JSON may have changed. It includes the latest update of
 * all that the entity shows, because a restored backup continues with earlier version numbers. `Last-Modified` is
 * derived from that time.
 */
export const etagOf = (kind: Kind): string =>
  etags.get(
    kind.path,
    () =>
      `'"' || ${kind.versions.map((version) => `ifnull(${version}, 0)`).join(" || '.' || ")} || '-' || ${lastUpdate(kind)} || '"'`,
  );

function lastUpdate({ versions }: Kind): string {
  const times = versions.map((version) => `ifnull(${version.replace(".version", ".updated_at")}, '')`);
  return times.length === 1 ? times[0]! : `max(${times.join(", ")})`;
}
