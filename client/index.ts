import createFetchClient, { type Client, type ClientOptions } from "openapi-fetch";
import type { components, paths } from "./schema.ts";

/**
 * A client of Chinook Server, typed by its API description: paths, parameters, bodies and answers.
 *
 *     const chinook = createClient("http://127.0.0.1:8080");
 *     const { data, error } = await chinook.GET("/v1/tracks/{id}", { params: { path: { id: 1 } } });
 */
export type Chinook = Client<paths>;

/** A type of the API by its name: `Schema<"Track">`. */
export type Schema<Name extends keyof components["schemas"]> = components["schemas"][Name];

export type Track = Schema<"Track">;
export type Album = Schema<"Album">;
export type Artist = Schema<"Artist">;
export type Playlist = Schema<"Playlist">;
export type Genre = Schema<"Genre">;
export type MediaType = Schema<"MediaType">;
export type Play = Schema<"Play">;
/** RFC 9457: what every answer of status 400 and above is. */
export type Problem = Schema<"Problem">;

export type { components, paths };

/** @param baseUrl of the server, without a path. @param options as openapi-fetch takes them, such as `headers`. */
export const createClient = (baseUrl = "http://127.0.0.1:8080", options: ClientOptions = {}): Chinook =>
  createFetchClient<paths>({ ...options, baseUrl });

/** An answer that was refused. */
export class ChinookError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ChinookError";
    this.problem = problem;
  }
}

/** What a page's request comes to. */
interface Answered<Item> {
  readonly data?: { readonly data: readonly Item[]; readonly next?: string | null };
  readonly error?: Problem;
}

/**
 * Every item of a list, page after page.
 *
 *     for await (const track of everyItem((cursor) => chinook.GET("/v1/tracks", { params: { query: { cursor } } })))
 *
 * @param page asks for the page at a cursor; the first has none.
 * @throws ChinookError when a page is refused.
 */
export async function* everyItem<Item>(
  page: (cursor: string | undefined) => Promise<Answered<Item>>,
): AsyncGenerator<Item, void, undefined> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { data, error } = await page(cursor);
    if (data === undefined) throw new ChinookError(error!);
    yield* data.data;
    cursor = data.next ?? null;
  }
}
