import {
  ChinookError,
  createClient,
  everyItem,
  type Problem,
  type Schema,
  type Track,
} from "chinook-server/client";

/** A program of somebody who uses the client: compiled as strictly as can be, then run. Prints what it saw. */

const chinook = createClient(process.argv[2]!);

const nameOf = ({ name }: Track): string => name;

const { data: genre } = await chinook.POST("/v1/genres", {
  params: { header: { "Idempotency-Key": "sample" } },
  body: { name: "Sampled" },
});
const body: Schema<"NewTrack"> = {
  name: "Sample",
  media_type_id: 1,
  genre_id: genre!.id,
  milliseconds: 1_000,
  unit_price: 0.99,
};
const made = await chinook.POST("/v1/tracks", { body });
const added: Track = made.data!;
const path = { id: added.id };
const etag = made.response.headers.get("etag")!;
const changed = await chinook.PATCH("/v1/tracks/{id}", {
  params: { path, header: { "If-Match": etag } },
  body: { name: "Sampled again" },
});
const late = await chinook.PATCH("/v1/tracks/{id}", { params: { path, header: { "If-Match": etag } }, body });
const conflict: Problem = late.error!;

// The same type wherever a track comes from.
const found = await chinook.GET("/v1/tracks", { params: { query: { genre_id: genre!.id, total: "1" } } });
const charted = await chinook.GET("/v1/charts/tracks", { params: { query: { window: "7d" } } });
const searched = await chinook.GET("/v1/search", { params: { query: { q: "sampled" } } });
const tracks: readonly Track[] = [
  ...found.data!.data,
  ...(charted.data?.data ?? []).slice(0, 1),
  ...(searched.data?.data ?? []).slice(0, 1),
];

let walked = 0;
for await (const track of everyItem((cursor) =>
  chinook.GET("/v1/tracks", { params: { query: { limit: 100, ...(cursor && { cursor }) } } }),
)) {
  walked += nameOf(track) === "" ? 0 : 1;
}

let refused: string | undefined;
try {
  await everyItem(() => chinook.GET("/v1/albums/{id}/tracks", { params: { path: { id: 987_654 } } })).next();
} catch (error) {
  refused = error instanceof ChinookError ? error.problem.code : String(error);
}

export const wrong = [
  // @ts-expect-error there is no such path
  () => chinook.GET("/v1/songs"),
  // @ts-expect-error a price is a number
  () => chinook.POST("/v1/tracks", { body: { ...body, unit_price: "0.99" } }),
  // @ts-expect-error a track needs a name
  () => chinook.POST("/v1/tracks", { body: { media_type_id: 1, milliseconds: 1, unit_price: 1 } }),
  // @ts-expect-error there is no such sort
  () => chinook.GET("/v1/tracks", { params: { query: { sort: "colour" } } }),
  // @ts-expect-error a track has no title
  () => added.title,
];

console.log(
  JSON.stringify({
    added: added.name,
    changed: changed.data!.name,
    conflict: conflict.code,
    total: found.data!.total,
    first: nameOf(tracks[0]!),
    walked,
    refused,
  }),
);
