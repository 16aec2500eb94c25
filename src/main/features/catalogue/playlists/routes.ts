import { z } from "zod";
import { AppError } from "../../../../shared/errors.ts";
import type { Command } from "../../../engine/commands/command.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import type { Read } from "../../../engine/reads/read.ts";
import { change, create, type Writes } from "../../../http/command-route.ts";
import { tagged } from "../../../http/entry-reply.ts";
import { idText } from "../../../http/fields.ts";
import { bodyOf, noParameters, pathOf } from "../../../http/input.ts";
import { pageSchema } from "../../../http/page-schema.ts";
import { readRoute } from "../../../http/read-route.ts";
import { json, type Reply } from "../../../http/reply.ts";
import { type Call, type Route, route } from "../../../http/route.ts";
import { KINDS } from "../../../model/kinds.ts";
import { patchBody } from "../commands.ts";
import { CATALOGUE_READS, listRead } from "../reads.ts";
import { askerOf } from "./access.ts";
import { copyBody, PLAYLIST_COMMANDS, type PlaylistInput } from "./commands.ts";
import { ENTRY_COMMANDS, entryBody, moveBody, orderBody } from "./entries.ts";
import { type ExportedPlaylist, FORMATS } from "./export.ts";
import { ownOf, PLAYLIST_READS } from "./reads.ts";

const KIND = KINDS.playlists;
const PATH = "/v1/playlists";
/** Larger than for other bodies: up to ten thousand entries. */
const ORDER_BOUNDS = { bytes: 1_048_576, values: 10_010 };

const idParameter = z.strictObject({ id: idText });
const trackParameters = z.strictObject({ id: idText, track_id: idText });
const entryParameters = z.strictObject({ id: idText, entry: idText });

const playlist = {
  description: "The playlist.",
  body: KIND.schema,
  headers: ["ETag", "Cache-Control"],
} as const;
const entrySchema = z
  .object({
    playlist_id: z.int(),
    entry_id: z.int().meta({ description: "Identifies the entry: a track may be in a playlist twice." }),
    track_id: z.int(),
    position: z.int().min(1),
    added_at: z.iso.datetime(),
  })
  .meta({ id: "PlaylistEntry" });
const trackSchema = z
  .object({
    entry_id: z.int(),
    position: z.int().min(1),
    added_at: z.iso.datetime(),
    ...KINDS.tracks.schema.shape,
  })
  .meta({ id: "PlaylistTrack" });

export interface PlaylistRoutes {
  readonly answers: Answers;
  readonly writes: Writes;
  /** The server's public URL without a trailing slash, for the locations in a file. */
  readonly origin: () => string;
}

export const playlistRoutes = (parts: PlaylistRoutes): Route[] => [
  ...reading(parts),
  ...changing(parts.writes),
  ...entries(parts.writes),
  exported(parts, "m3u8"),
  exported(parts, "xspf"),
];

/** The principal, and the rest of a command's input. */
const ofCall = <T>(call: Call, parameters: z.ZodObject) => ({
  asker: askerOf(call.principal),
  ...pathOf<T>(call, parameters),
});

const reading = ({ answers }: PlaylistRoutes): Route[] => [
  readRoute({
    path: PATH,
    access: "catalogue:read",
    tag: "playlists",
    operationId: "listPlaylists",
    summary: "List playlists",
    description: "Public playlists that match all filters. `/v1/me/playlists` lists yours.",
    read: CATALOGUE_READS.playlists.list,
    choose: (params) => listRead(KIND, params),
    answers,
    response: { description: "A page.", body: pageSchema(KIND.schema) },
  }),
  readRoute({
    path: "/v1/me/playlists",
    access: "library",
    tag: "playlists",
    operationId: "listOwnPlaylists",
    summary: "Your playlists, latest first",
    description: "Public and private. Without an account: playlists without an owner.",
    read: PLAYLIST_READS.OWN_LIST,
    answers,
    response: { description: "A page.", body: pageSchema(KIND.schema) },
  }),
  readRoute({
    path: `${PATH}/{id}`,
    access: "catalogue:read",
    tag: "playlists",
    operationId: "getPlaylist",
    summary: "One playlist",
    description: "404 for another user's private playlist.",
    read: CATALOGUE_READS.playlists.entity,
    own: ownOf(PLAYLIST_READS.OWN_ENTITY),
    answers,
    response: playlist,
  }),
  readRoute({
    path: `${PATH}/{id}/tracks`,
    access: "catalogue:read",
    tag: "playlists",
    operationId: "listPlaylistTracks",
    summary: "A playlist's tracks, in its order",
    description: "404 if there is no such playlist, or it is another user's and private.",
    read: PLAYLIST_READS.TRACKS,
    own: ownOf(PLAYLIST_READS.OWN_TRACKS),
    answers,
    response: { description: "A page.", body: pageSchema(trackSchema) },
  }),
];

const changing = (writes: Writes): Route[] => [
  route({
    method: "POST",
    batch: true,
    path: PATH,
    access: "library",
    tag: "playlists",
    operationId: "addPlaylist",
    summary: "Create a playlist",
    description: "It is yours, and private by default. Without an account it has no owner, and is public.",
    body: KIND.input,
    headers: ["Idempotency-Key"],
    responses: {
      201: {
        ...playlist,
        description: "Made.",
        headers: ["Location", "Idempotency-Replayed", ...playlist.headers],
      },
    },
    failures: ["limit_reached"],
    handle: async (call) => {
      const { asker } = ofCall(call, noParameters);
      const { body, text } = await bodyOf(call, KIND.input);
      return create(writes, call, PLAYLIST_COMMANDS.create, { asker, body }, text, at);
    },
  }),
  route({
    method: "PATCH",
    batch: true,
    path: `${PATH}/{id}`,
    access: "library",
    tag: "playlists",
    operationId: "changePlaylist",
    summary: "Change one of your playlists",
    description:
      "A merge patch (RFC 7386). 403 for another user's playlist; one without an owner needs `catalogue:write`. `allow_duplicates` affects tracks added from then on.",
    parameters: idParameter,
    body: patchBody(KIND),
    headers: ["If-Match", "If-None-Match"],
    responses: { 200: playlist },
    handle: async (call) => {
      const input = ofCall<{ id: number }>(call, idParameter);
      const { body } = await bodyOf(call, patchBody(KIND));
      return change(writes, call, PLAYLIST_COMMANDS.patch, { ...input, body });
    },
  }),
  route({
    method: "DELETE",
    batch: true,
    path: `${PATH}/{id}`,
    access: "library",
    tag: "playlists",
    operationId: "deletePlaylist",
    summary: "Delete one of your playlists",
    description: "Its tracks are not changed.",
    parameters: idParameter,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Deleted." } },
    handle: (call) =>
      change(writes, call, PLAYLIST_COMMANDS.remove, ofCall<{ id: number }>(call, idParameter)),
  }),
  route({
    method: "POST",
    batch: true,
    path: `${PATH}/{id}/copy`,
    access: "library",
    tag: "playlists",
    operationId: "copyPlaylist",
    summary: "Copy a playlist that you may see",
    description: "The copy is yours and private. Later changes to the original do not affect it.",
    parameters: idParameter,
    body: copyBody,
    headers: ["Idempotency-Key"],
    responses: {
      201: {
        ...playlist,
        description: "The copy.",
        headers: ["Location", "Idempotency-Replayed", ...playlist.headers],
      },
    },
    failures: ["limit_reached"],
    handle: async (call) => {
      const input = ofCall<{ id: number }>(call, idParameter);
      const { body, text } = await bodyOf(call, copyBody);
      return create(writes, call, PLAYLIST_COMMANDS.copy, { ...input, body }, text, at);
    },
  }),
];

const at = (id: number): string => `${PATH}/${id}`;

const OF_PLAYLIST = "`If-Match` takes the ETag of the playlist, which changes with its entries.";

const entries = (writes: Writes): Route[] => [
  route({
    method: "POST",
    batch: true,
    path: `${PATH}/{id}/tracks`,
    access: "library",
    tag: "playlists",
    operationId: "addPlaylistTrack",
    summary: "Append a track to a playlist",
    description: "409 `already_exists` if the playlist has the track and does not allow duplicates.",
    parameters: idParameter,
    body: entryBody,
    headers: ["Idempotency-Key"],
    responses: { 201: { description: "Added.", body: entrySchema, headers: ["Idempotency-Replayed"] } },
    failures: ["already_exists", "limit_reached"],
    handle: async (call) => {
      const input = ofCall<{ id: number }>(call, idParameter);
      const { body, text } = await bodyOf(call, entryBody);
      return create(writes, call, ENTRY_COMMANDS.add, { ...input, body }, text);
    },
  }),
  route({
    method: "PUT",
    batch: true,
    path: `${PATH}/{id}/tracks`,
    access: "library",
    tag: "playlists",
    operationId: "replacePlaylistTracks",
    summary: "Replace all tracks of a playlist, in order",
    description: `Tracks left out are removed, new ones are added. ${OF_PLAYLIST}`,
    parameters: idParameter,
    body: orderBody,
    headers: ["If-Match", "If-None-Match"],
    responses: { 200: playlist },
    failures: ["already_exists"],
    handle: async (call) => {
      const input = ofCall<{ id: number }>(call, idParameter);
      const { body } = await bodyOf(call, orderBody, ORDER_BOUNDS);
      return change(writes, call, ENTRY_COMMANDS.replace, { ...input, body });
    },
  }),
  taking(writes, ENTRY_COMMANDS.remove, trackParameters, {
    path: `${PATH}/{id}/tracks/{track_id}`,
    operationId: "removePlaylistTrack",
    summary: "Remove all occurrences of a track from a playlist",
  }),
  taking(writes, ENTRY_COMMANDS.removeEntry, entryParameters, {
    path: `${PATH}/{id}/entries/{entry}`,
    operationId: "removePlaylistEntry",
    summary: "Remove one entry from a playlist",
  }),
  route({
    method: "POST",
    batch: true,
    path: `${PATH}/{id}/tracks/{entry}/move`,
    access: "library",
    tag: "playlists",
    operationId: "movePlaylistEntry",
    summary: "Move one entry of a playlist",
    description: `To a position, or before or after another entry. ${OF_PLAYLIST}`,
    parameters: entryParameters,
    body: moveBody,
    headers: ["If-Match", "If-None-Match"],
    responses: { 200: { description: "The entry with its new position.", body: entrySchema } },
    handle: async (call) => {
      const input = ofCall<{ id: number; entry: number }>(call, entryParameters);
      const { body } = await bodyOf(call, moveBody);
      return change(writes, call, ENTRY_COMMANDS.move, { ...input, body });
    },
  }),
];

const taking = <I extends PlaylistInput>(
  writes: Writes,
  command: Command<I>,
  parameters: z.ZodObject,
  named: Pick<Route, "path" | "operationId" | "summary">,
): Route =>
  route({
    ...named,
    method: "DELETE",
    batch: true,
    access: "library",
    tag: "playlists",
    description: `404 if it is not in the playlist. ${OF_PLAYLIST}`,
    parameters,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Removed." } },
    handle: (call) => change(writes, call, command, ofCall(call, parameters) as unknown as I),
  });

function exported({ answers, origin }: PlaylistRoutes, format: keyof typeof FORMATS): Route {
  const { type, render } = FORMATS[format];
  return route({
    method: "GET",
    path: `${PATH}/{id}/export.${format}`,
    access: "catalogue:read",
    load: "search",
    tag: "playlists",
    operationId: `exportPlaylist${format === "m3u8" ? "M3u8" : "Xspf"}`,
    summary: `A playlist as ${format === "m3u8" ? "M3U8" : "XSPF"}, for players`,
    description: "A track's location is its URL in this API.",
    parameters: idParameter,
    headers: ["If-None-Match", "If-Match"],
    responses: { 200: { description: "The file.", body: type, headers: ["ETag", "Cache-Control"] } },
    handle: async (call) => {
      const params = pathOf<{ id: number }>(call, idParameter);
      const body = await find(answers, PLAYLIST_READS.EXPORT, params, call);
      return file(
        call,
        type,
        render(JSON.parse(body) as ExportedPlaylist, origin()),
        `playlist-${params.id}.${format}`,
      );
    },
  });
}

const file = (call: Call, type: string, text: string, name: string): Reply =>
  tagged(
    call,
    json(200, text, {
      "content-type": type,
      "cache-control": "private, no-cache",
      "content-disposition": `attachment; filename="${name}"`,
    }),
  );

/** @throws AppError `not_found`. */
async function find(
  answers: Answers,
  read: Read<{ readonly id: number }>,
  params: { readonly id: number },
  call: Call,
): Promise<string> {
  const own = ownOf(PLAYLIST_READS.OWN_EXPORT)(params, call.principal);
  const found =
    (await answers.fetch(read, params, Answers.key(read, params))) ??
    (own && (await answers.fetch(own.read, own.params, Answers.key(own.read, own.params))));
  if (found == null) throw new AppError("not_found");
  return found.entry.body;
}
