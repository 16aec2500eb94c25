import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { change, create, type Writes } from "../../http/command-route.ts";
import { idText } from "../../http/fields.ts";
import { bodyOf, pathOf } from "../../http/input.ts";
import { pageSchema } from "../../http/page-schema.ts";
import { readRoute } from "../../http/read-route.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import {
  COMMENT_COMMANDS,
  COMMENT_READS,
  COMMENTED,
  type Commented,
  type CommentInput,
  commentBody,
  commentChange,
  commentSchema,
  ownCommentSchema,
} from "./comments.ts";
import { listenerOf, mayModerate } from "./listener.ts";

const idParameter = z.strictObject({ id: idText });
const NOUNS: Readonly<Record<Commented, string>> = {
  tracks: "a track",
  albums: "an album",
  artists: "an artist",
  playlists: "a playlist",
};
const one = { description: "The comment.", body: commentSchema, headers: ["ETag", "Cache-Control"] } as const;
const page = { description: "A page.", body: pageSchema(commentSchema) };

export const commentRoutes = (answers: Answers, writes: Writes): Route[] => [
  ...COMMENTED.flatMap((kind) => commentsOf(kind, answers, writes)),
  ...reading(answers),
  ...changing(answers, writes),
];

const commentsOf = (kind: Commented, answers: Answers, writes: Writes): Route[] => [
  readRoute({
    path: `/v1/${kind}/{id}/comments`,
    access: "catalogue:read",
    tag: "comments",
    operationId: `list${kind[0]!.toUpperCase()}${kind.slice(1, -1)}Comments`,
    summary: `What people say of ${NOUNS[kind]}, oldest first`,
    description: "Each says how many replies it has. Of a private playlist: 404.",
    read: COMMENT_READS.OF[kind],
    answers,
    response: page,
  }),
  route({
    method: "POST",
    batch: true,
    path: `/v1/${kind}/{id}/comments`,
    access: "library",
    tag: "comments",
    operationId: `comment${kind[0]!.toUpperCase()}${kind.slice(1, -1)}`,
    summary: `Say something of ${NOUNS[kind]}, or reply`,
    description: "Text as it is: whoever shows it escapes it.",
    parameters: idParameter,
    body: commentBody,
    headers: ["Idempotency-Key"],
    responses: {
      201: {
        ...one,
        description: "Said.",
        headers: ["Location", "Idempotency-Replayed", ...one.headers],
      },
    },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const { body, text } = await bodyOf(call, commentBody);
      const input = { kind, entity: id, me: listenerOf(call.principal), body };
      return create(writes, call, COMMENT_COMMANDS.create, input, text, (id) => `/v1/comments/${id}`);
    },
  }),
];

const reading = (answers: Answers): Route[] => [
  readRoute({
    path: "/v1/comments",
    access: "library",
    tag: "comments",
    operationId: "listOwnComments",
    summary: "What one said oneself, latest first",
    read: COMMENT_READS.OWN,
    answers,
    response: { description: "A page.", body: pageSchema(ownCommentSchema) },
  }),
  readRoute({
    path: "/v1/comments/{id}",
    access: "catalogue:read",
    tag: "comments",
    operationId: "getComment",
    summary: "One comment",
    read: COMMENT_READS.ONE,
    answers,
    response: one,
  }),
  readRoute({
    path: "/v1/comments/{id}/replies",
    access: "catalogue:read",
    tag: "comments",
    operationId: "listReplies",
    summary: "The replies to a comment, oldest first",
    read: COMMENT_READS.REPLIES,
    answers,
    response: page,
  }),
];

const changing = (answers: Answers, writes: Writes): Route[] => [
  route({
    method: "PATCH",
    batch: true,
    path: "/v1/comments/{id}",
    access: "library",
    tag: "comments",
    operationId: "changeComment",
    summary: "Change what one said",
    description: "Within a quarter of an hour.",
    parameters: idParameter,
    body: commentChange,
    headers: ["If-Match", "If-None-Match"],
    responses: { 200: one },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const { body } = await bodyOf(call, commentChange);
      const input = await known(answers, call, id);
      return change(writes, call, COMMENT_COMMANDS.patch, { ...input, body });
    },
  }),
  route({
    method: "DELETE",
    batch: true,
    path: "/v1/comments/{id}",
    access: "library",
    tag: "comments",
    operationId: "deleteComment",
    summary: "Delete what one said, or as an editor what anybody said",
    description: "Replies to it stay.",
    parameters: idParameter,
    headers: ["If-Match", "If-None-Match"],
    responses: { 204: { description: "Deleted." } },
    handle: async (call) => {
      const { id } = pathOf<{ id: number }>(call, idParameter);
      const input = { ...(await known(answers, call, id)), moderator: mayModerate(call.principal) };
      return change(writes, call, COMMENT_COMMANDS.remove, input);
    },
  }),
];

/** What the comment is about, which it stays: its command says what it touches. @throws AppError `not_found`. */
async function known(answers: Answers, call: Call, id: number): Promise<CommentInput> {
  const key = Answers.key(COMMENT_READS.ONE, { id });
  const entry =
    answers.cached(COMMENT_READS.ONE, key) ?? (await answers.fetch(COMMENT_READS.ONE, { id }, key))?.entry;
  if (entry === undefined) throw new AppError("not_found");
  const { kind, entity_id, parent_id } = JSON.parse(entry.body);
  return { id, kind, entity: entity_id, parent: parent_id, me: listenerOf(call.principal) };
}
