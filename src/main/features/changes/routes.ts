import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { type Bell, event, eventStream, HEARTBEAT, heard, wantsEvents } from "../../http/event-stream.ts";
import { MAX_ID } from "../../http/fields.ts";
import { parseQuery, validate } from "../../http/input.ts";
import { json, type Reply } from "../../http/reply.ts";
import { type Call, type Route, route } from "../../http/route.ts";
import { CHANGES_READ, type ChangesPage, type ChangesParams } from "./changes.ts";

const whole = (pattern: RegExp, detail: string) => z.string().regex(pattern, detail).transform(Number);

const parameters = z.strictObject({
  since: whole(/^(0|[1-9]\d{0,14})$/, "must be a position: a whole number")
    .optional()
    .meta({
      override: { type: "integer", minimum: 0, maximum: 999_999_999_999_999 },
      description:
        "`next` of the previous answer. Without it, the answer has the current position and no changes.",
    }),
  limit: whole(/^([1-9]\d{0,2}|1000)$/, "must be a whole number from 1 to 1000")
    .default(100)
    .meta({
      override: { type: "integer", minimum: 1, maximum: 1_000, default: 100 },
      description: "Maximum number of changes.",
    }),
  wait: whole(/^([0-9]|[12]\d|30)$/, "must be a number of seconds from 0 to 30")
    .default(0)
    .meta({
      override: { type: "integer", minimum: 0, maximum: 30, default: 0 },
      description: "Seconds to wait for a change when there is none.",
    }),
});
type Asked = ChangesParams & { readonly wait: number };

const schema = z
  .object({
    data: z.array(
      z
        .object({
          position: z.int().min(1),
          kind: z.string().meta({ example: "tracks" }),
          id: z.int().min(0),
          change: z.enum(["created", "changed", "deleted", "replaced"]),
        })
        .meta({ id: "Change" }),
    ),
    next: z.int().min(0).meta({ description: "The next request's `since`." }),
  })
  .meta({ id: "Changes" });

const DESCRIPTION = `In order of commit, without gaps. To keep a copy: request without \`since\`, read all lists, then poll with \`since\` and read every named entity again. \`catalogue\` \`replaced\` means that the whole catalogue was replaced: start again. Entities that show another's name are not listed: a renamed artist is one change, of the artist.

With \`wait\` the answer waits for the next change. With \`Accept: text/event-stream\` the answer is a stream: each change is an event whose id is its position, and \`Last-Event-ID\` continues after it.

410 \`changes_gone\` when changes after \`since\` are no longer kept, or when the database is older than the one that returned \`since\`, as after a restore.`;

export interface ChangesOptions {
  readonly answers: Answers;
  /** Signals after each commit that may have recorded a change. */
  readonly bell: Bell;
  /** Ends waiting requests when the server shuts down. */
  readonly ending: AbortSignal;
}

/** @throws AppError `changes_gone`. */
async function pageOf(answers: Answers, params: ChangesParams): Promise<ChangesPage> {
  const found = await answers.fetch(CHANGES_READ, params, Answers.key(CHANGES_READ, params));
  const page = JSON.parse(found!.entry.body) as ChangesPage;
  const { since = page.last } = params;
  if ((since + 1 < page.first && page.anew === 0) || since > page.last) {
    throw new AppError("changes_gone", { detail: `positions ${page.first} to ${page.last} are known` });
  }
  return page;
}

const HEARTBEAT_MS = 15_000;

export const changesRoute = (options: ChangesOptions): Route =>
  route({
    method: "GET",
    path: "/v1/changes",
    access: "catalogue:read",
    tag: "changes",
    operationId: "listChanges",
    summary: "What was created, changed and deleted since a position",
    description: DESCRIPTION,
    parameters,
    responses: { 200: { description: "The changes.", body: schema, also: "text/event-stream" } },
    failures: ["changes_gone"],
    handle: (call) => {
      const asked = validate(parameters, parseQuery(call.url), "parameter") as unknown as Asked;
      return wantsEvents(call) ? stream(options, call, asked) : poll(options, asked);
    },
  });

async function poll(
  { answers, bell, ending }: ChangesOptions,
  { since, limit, wait }: Asked,
): Promise<Reply> {
  const until = Date.now() + wait * 1_000;
  for (;;) {
    const ring = bell.next;
    const { data, last } = await pageOf(answers, { since, limit });
    const left = until - Date.now();
    if (data.length > 0 || since === undefined || left <= 0 || ending.aborted) {
      const next = data.at(-1)?.position ?? since ?? last;
      return json(200, JSON.stringify({ data, next }), { "cache-control": "no-store" });
    }
    await heard(ring, left, ending);
  }
}

/** Where a stream starts. A client that reconnects continues after its last event. */
function startOf({ incoming }: Call, { since }: Asked): number | undefined {
  const last = incoming.headers["last-event-id"];
  return typeof last === "string" && /^\d{1,15}$/.test(last) && Number(last) <= MAX_ID ? Number(last) : since;
}

async function stream({ answers, bell }: ChangesOptions, call: Call, asked: Asked): Promise<Reply> {
  const { limit } = asked;
  const first = startOf(call, asked);
  // Refused before the stream begins, if changes are no longer kept.
  const { last } = await pageOf(answers, { since: first, limit: 1 });
  let position = first ?? last;
  return eventStream("changes", async (signal) => {
    while (!signal.aborted) {
      const ring = bell.next;
      const { data } = await pageOf(answers, { since: position, limit });
      position = data.at(-1)?.position ?? position;
      if (data.length > 0)
        return data.map((change) => event("change", JSON.stringify(change), change.position)).join("");
      const before = performance.now();
      await heard(ring, HEARTBEAT_MS, signal);
      if (performance.now() - before >= HEARTBEAT_MS) return HEARTBEAT;
    }
    return undefined;
  });
}
