import { z } from "zod";
import { Answers } from "../../../engine/reads/answers.ts";
import { inTime, type Read, read, UNCACHED } from "../../../engine/reads/read.ts";
import { CSV_TYPE, type CsvRow, csvHead, csvLines, wantsCsv } from "../../../http/csv.ts";
import { noParameters, pathOf } from "../../../http/input.ts";
import { API_HEADERS, type Reply } from "../../../http/reply.ts";
import { type Call, type Route, route } from "../../../http/route.ts";
import { ALL_KINDS, jsonOf, type Kind } from "../../../model/kinds.ts";

/** Entities of one read: some hundred kilobytes. */
const SLICE = 500;

interface SliceParams {
  /** The last id of the slice before. */
  readonly after: number;
}

/** A slice of a kind as JSON lines, by id; its ETag is the last id. No row after the last. */
const sliceRead = (kind: Kind): Read<SliceParams> => {
  const shown = kind.shown === undefined ? "" : `AND ${kind.shown.listed}`;
  const sql = `
    SELECT group_concat(item, char(10)), CAST(max(id) AS TEXT), NULL FROM (
      SELECT ${jsonOf(kind)} AS item, t.id AS id FROM ${kind.from}
      WHERE t.id > likely(@after) ${shown} AND ${inTime("t.id")} ORDER BY t.id LIMIT ${SLICE})
    HAVING count(*) > 0`;
  return read({
    name: `${kind.path}.export_all`,
    lane: "scan",
    params: z.strictObject({ after: z.int() }),
    statement: ({ after }) => ({ sql, params: { after } }),
    cache: UNCACHED,
  });
};

const EXPORT_READS_BY_KIND = new Map(ALL_KINDS.map((kind) => [kind, sliceRead(kind)]));
export const EXPORT_READS = [...EXPORT_READS_BY_KIND.values()];

const encoder = new TextEncoder();

/**
 * All of a kind, a slice at a time as the client takes them: no more than one slice is in memory. Each slice is of its
 * own moment.
 */
function streamOf(answers: Answers, kind: Kind, csv: boolean): ReadableStream<Uint8Array<ArrayBuffer>> {
  const slices = EXPORT_READS_BY_KIND.get(kind)!;
  const columns = Object.keys(kind.fields);
  let after = 0;
  return new ReadableStream({
    start: (controller) => {
      if (csv) controller.enqueue(encoder.encode(csvHead(columns)));
    },
    async pull(controller) {
      const params = { after };
      const found = await answers.fetch(slices, params, Answers.key(slices, params));
      if (found === null) return controller.close();
      const { body, etag } = found.entry;
      after = Number(etag);
      const rows = () => body.split("\n").map((line) => JSON.parse(line) as CsvRow);
      controller.enqueue(encoder.encode(csv ? csvLines(rows(), columns, false) : `${body}\n`));
    },
  });
}

function send(answers: Answers, kind: Kind, call: Call): Reply {
  pathOf(call, noParameters);
  const csv = wantsCsv(call.incoming.headers.accept);
  const [type, extension] = csv ? [CSV_TYPE, "csv"] : ["application/x-ndjson", "jsonl"];
  const headers = {
    ...API_HEADERS,
    "content-type": type,
    "cache-control": "no-store",
    "content-disposition": `attachment; filename="${kind.path}.${extension}"`,
    vary: "accept",
  };
  // HEAD has no body to count.
  return call.method === "HEAD"
    ? { status: 200, body: null, headers }
    : { status: 200, body: null, headers, stream: streamOf(answers, kind, csv) };
}

export const exportRoutes = (answers: Answers): Route[] =>
  ALL_KINDS.map((kind) =>
    route({
      method: "GET",
      path: `/v1/export/${kind.path}`,
      access: "catalogue:read",
      load: "search",
      tag: kind.path,
      operationId: `export${kind.type}s`,
      summary: `All ${kind.path.replace("-", " ")} as JSON lines or CSV`,
      description:
        "By id, each as lists show it. `Accept: text/csv` asks for CSV. What is written meanwhile may be in it or not: `/v1/changes` tells what.",
      responses: { 200: { description: "All of them.", body: "application/x-ndjson", also: "text/csv" } },
      handle: (call) => send(answers, kind, call),
    }),
  );
