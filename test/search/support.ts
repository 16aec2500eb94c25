import Database from "better-sqlite3";
import { type Json, post, type TestServer } from "../support/server.ts";

interface Song {
  readonly name: string;
  readonly artist?: string;
  readonly album?: string;
  readonly genre?: string;
  readonly composer?: string;
  readonly released?: string;
  readonly price?: number;
}

/** What was made, by name. */
export type Ids = Readonly<Record<string, number>>;

const create = async (server: TestServer, path: string, body: object): Promise<number> => {
  const { status, json } = await post(server, path, body);
  if (status !== 201) throw new Error(`expected 201, got ${status} ${JSON.stringify(json)}`);
  return json.id;
};

/** Adds songs with whatever they belong to. @returns ids of artists, albums, genres and tracks by their names. */
export async function addSongs(server: TestServer, songs: readonly Song[]): Promise<Ids> {
  const ids: Record<string, number> = {};
  const once = async (name: string | undefined, path: string, body: object): Promise<number | null> => {
    if (name === undefined) return null;
    ids[`${path} ${name}`] ??= await create(server, path, body);
    return ids[`${path} ${name}`]!;
  };
  const media = await create(server, "/v1/media-types", { name: "FLAC" });
  for (const song of songs) {
    const artist_id = await once(song.artist, "/v1/artists", { name: song.artist });
    const release_date = song.released ?? null;
    const album_id = await once(song.album, "/v1/albums", { title: song.album, artist_id, release_date });
    const genre_id = await once(song.genre, "/v1/genres", { name: song.genre });
    const { name, composer = null, price: unit_price = 0.99 } = song;
    const references = { album_id, genre_id, media_type_id: media };
    const body = { name, composer, unit_price, milliseconds: 1_000, ...references };
    ids[name] = await create(server, "/v1/tracks", body);
  }
  return Object.fromEntries(
    Object.entries(ids).map(([name, id]) => [name.replace(/^\/v1\/[\w-]+ /, ""), id]),
  );
}

export const namesOf = (json: Json): string[] => json.data.map(({ name }: { name: string }) => name);
export const query = (parameters: Readonly<Record<string, string | number>>): string =>
  new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();

/** Polls for an effect that follows a write asynchronously. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** A second after the start the order of hits that are alike changes, once. */
export async function popularityKnown({ database }: TestServer): Promise<void> {
  const db = new Database(database, { readonly: true });
  const known = db.prepare("SELECT EXISTS (SELECT 1 FROM track_popularity)").pluck();
  await until(async () => known.get() === 1);
  db.close();
}
