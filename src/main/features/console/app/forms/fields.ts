import { TEXTS } from "../texts.ts";

/** Where a field's values are found: another kind of entity. */
export interface Reference {
  /** The list that is searched, such as `/v1/artists`. */
  readonly path: string;
  /** The parameter that takes the beginning of the name; none where the list is short enough to be shown whole. */
  readonly prefix?: string;
  /** The name's field in the list. */
  readonly title: "name" | "title";
  /** The name's field in the entity that refers, if it has one. */
  readonly shownAs?: string;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type:
    | "text"
    | "long"
    | "integer"
    | "money"
    | "date"
    | "duration"
    | "choice"
    | "flag"
    | "reference";
  readonly required?: boolean;
  readonly max?: number;
  readonly options?: Readonly<Record<string, string>>;
  readonly reference?: Reference;
}

const T = TEXTS.fields;
const name = (max = 200): Field => ({ name: "name", label: T.name, type: "text", required: true, max });
const ARTIST: Reference = {
  path: "/v1/artists",
  prefix: "name_prefix",
  title: "name",
  shownAs: "artist_name",
};
const ALBUM: Reference = {
  path: "/v1/albums",
  prefix: "title_prefix",
  title: "title",
  shownAs: "album_title",
};

/** The kinds that a form creates and changes, with the fields that one may set. */
export const FIELDS = {
  artists: [name()],
  albums: [
    { name: "title", label: T.title, type: "text", required: true, max: 300 },
    { name: "artist_id", label: T.artist, type: "reference", required: true, reference: ARTIST },
    { name: "release_date", label: T.released, type: "date" },
  ],
  tracks: [
    name(300),
    { name: "album_id", label: T.album, type: "reference", reference: ALBUM },
    { name: "genre_id", label: T.genre, type: "reference", reference: { path: "/v1/genres", title: "name" } },
    {
      name: "media_type_id",
      label: T.mediaType,
      type: "reference",
      required: true,
      reference: { path: "/v1/media-types", title: "name" },
    },
    { name: "composer", label: T.composer, type: "text", max: 300 },
    { name: "disc_number", label: T.disc, type: "integer", max: 9_999 },
    { name: "track_number", label: T.number, type: "integer", max: 9_999 },
    { name: "milliseconds", label: T.duration, type: "duration", required: true },
    { name: "unit_price", label: T.price, type: "money", required: true },
  ],
  genres: [name()],
  "media-types": [name()],
  playlists: [
    name(),
    { name: "description", label: T.description, type: "long", max: 2_000 },
    { name: "visibility", label: T.visibility, type: "choice", options: T.visibilities },
    { name: "allow_duplicates", label: T.duplicates, type: "flag" },
  ],
} as const satisfies Readonly<Record<string, readonly Field[]>>;

export type EditableKind = keyof typeof FIELDS;

export type Entity = Readonly<Record<string, unknown>> & { readonly id: number };
export type Values = Readonly<Record<string, unknown>>;

/** A value as a field shows it. */
export function shown(field: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (field.type === "duration") return toMinutes(Number(value));
  return String(value);
}

/** `4:07.250` of milliseconds: what a field of a duration holds, to the millisecond. */
function toMinutes(milliseconds: number): string {
  const [minutes, rest] = [Math.floor(milliseconds / 60_000), milliseconds % 60_000];
  const seconds = String(Math.floor(rest / 1_000)).padStart(2, "0");
  const fraction = rest % 1_000 === 0 ? "" : `.${String(rest % 1_000).padStart(3, "0")}`;
  return `${minutes}:${seconds}${fraction}`;
}

/** The value that a field's text stands for; null where it is empty. NaN where it is no number. */
export function parsed(field: Field, text: string): unknown {
  const trimmed = text.trim();
  if (field.type === "flag") return text === "true";
  if (trimmed === "") return null;
  if (field.type === "duration") return toMilliseconds(trimmed);
  if (["integer", "money", "reference"].includes(field.type)) return Number(trimmed);
  return trimmed;
}

function toMilliseconds(text: string): number {
  const [, minutes = "0", seconds = ""] = /^(?:(\d+):)?(\d+(?:\.\d{1,3})?)$/.exec(text) ?? [];
  return seconds === "" ? Number.NaN : Math.round((Number(minutes) * 60 + Number(seconds)) * 1_000);
}
