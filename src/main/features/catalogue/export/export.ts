import { z } from "zod";
import type { Param } from "../../../../shared/protocol.ts";
import { Answers } from "../../../engine/reads/answers.ts";
import { inTime, type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { CSV_TYPE, type CsvRow, csvHead, csvLines, wantsCsv } from "../../../http/csv.ts";
import { noParameters, pathOf } from "../../../http/input.ts";
import { API_HEADERS, type Reply } from "../../../http/reply.ts";
import { type Call, type Route, route } from "../../../http/route.ts";
import type { Portable } from "../import/line.ts";
import { PORTABLES } from "../import/portable.ts";

/** Entities of one read: some hundred kilobytes. */
const SLICE = 500;

interface SliceParams {
  /** The key of the last row of the slice before. */
  readonly after: readonly Param[];
}

/** Before the first key: ids are above zero, and texts above the empty one. */
const FIRST: readonly Param[] = [0, ""];

const rowOf = (fields: Readonly<Record<string, string>>): string =>
  `json_object(${Object.entries(fields)
    .map(([name, expression]) => `'${name}', ${expression}`)
    .join(", ")})`;

/** A slice of rows as JSON lines, in the order of their key; its ETag is the last key. No row after the last. */
const sliceRead = ({ path, from, fields, key, shown }: Portable): Read<SliceParams> => {
  const after = key.map((_, i) => `likely(@after_${i})`);
  const past = key.length === 1 ? `${key[0]} > ${after[0]}` : `(${key.join(", ")}) > (${after.join(", ")})`;
  const conditions = [past, ...(shown === undefined ? [] : [shown]), inTime(key[0]!)];
  const sql = `
    WITH page AS MATERIALIZED (
      SELECT ${rowOf(fields)} AS item, json_array(${key.join(", ")}) AS key FROM ${from}
      WHERE ${conditions.join(" AND ")} ORDER BY ${key.join(", ")} LIMIT ${SLICE})
    SELECT (SELECT group_concat(item, char(10)) FROM page),
      (SELECT key FROM page LIMIT 1 OFFSET (SELECT count(*) - 1 FROM page)), NULL
    WHERE EXISTS (SELECT 1 FROM page)`;
  return read({
    name: `${path}.export_all`,
    lane: "scan",
    params: z.strictObject({
      after: z.array(z.union([z.string(), z.number()])),
    }) as unknown as z.ZodType<SliceParams>,
    statement: (params) => ({
      sql,
      params: Object.fromEntries(key.map((_, i) => [`after_${i}`, params.after[i]!])),
    }),
    cache: UNCACHED,
  });
};

const EXPORT_READS_BY_PATH = new Map(PORTABLES.map((portable) => [portable.path, sliceRead(portable)]));
export const EXPORT_READS = [...EXPORT_READS_BY_PATH.values()];

const encoder = new TextEncoder();

/**
 * All of a kind, a slice at a time as the client takes them: no more than one slice is in memory. Each slice is of its
 * own moment.
 */
export function exportStream(
  answers: Pick<Answers, "fetch">,
  { path, fields, key }: Portable,
  csv: boolean,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const slices = EXPORT_READS_BY_PATH.get(path)!;
  const columns = Object.keys(fields);
  let after = FIRST.slice(0, key.length);
  return new ReadableStream({
    start: (controller) => {
      if (csv) controller.enqueue(encoder.encode(csvHead(columns)));
    },
    async pull(controller) {
      const params = { after };
      const found = await answers.fetch(slices, params, Answers.key(slices, params));
      if (found === null) return controller.close();
      const { body, etag } = found.entry;
      after = JSON.parse(etag);
      const rows = () => body.split("\n").map((line) => JSON.parse(line) as CsvRow);
      controller.enqueue(encoder.encode(csv ? csvLines(rows(), columns, false) : `${body}\n`));
    },
  });
}

function send(answers: Answers, portable: Portable, call: Call): Reply {
  pathOf(call, noParameters);
  const csv = wantsCsv(call.incoming.headers.accept);
  const [type, extension] = csv ? [CSV_TYPE, "csv"] : ["application/x-ndjson", "jsonl"];
  const headers = {
    ...API_HEADERS,
    "content-type": type,
    "cache-control": "no-store",
    "content-disposition": `attachment; filename="${portable.path}.${extension}"`,
    vary: "accept",
  };
  // HEAD has no body to count.
  return call.method === "HEAD"
    ? { status: 200, body: null, headers }
    : { status: 200, body: null, headers, stream: exportStream(answers, portable, csv) };
}

/** Exports of what ties kinds together are told with the kind that has it. */
export const topicOf = (path: string): string =>
  ({ "playlist-tracks": "playlists", "track-tags": "tags", "track-metadata": "metadata" })[path] ?? path;
export const nounOf = ({ path }: Portable): string => path.replace("-", " ");

export const exportRoutes = (answers: Answers): Route[] =>
  PORTABLES.map((portable) =>
    route({
      method: "GET",
      path: `/v1/export/${portable.path}`,
      access: "catalogue:read",
      load: "search",
      tag: topicOf(portable.path),
      operationId: `export${portable.type}s`,
      summary: `All ${nounOf(portable)} as JSON lines or CSV`,
      description:
        "In the order of their ids, each as lists show it. `Accept: text/csv` asks for CSV. What is written meanwhile may be in it or not: `/v1/changes` tells what. `/v1/import` reads it back.",
      responses: { 200: { description: "All of them.", body: "application/x-ndjson", also: "text/csv" } },
      handle: (call) => send(answers, portable, call),
    }),
  );
