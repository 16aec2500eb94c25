import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/**
 * As much of an S3 server as backups use, in memory: objects, multipart uploads, listing by pages. It asks for a
 * signature of the right form and key and does not work it out: a real server does, where there is one.
 */
export interface S3Server extends AsyncDisposable {
  readonly url: string;
  readonly objects: ReadonlyMap<string, Buffer>;
  /** Refuses every later request. */
  refuse(code: string): void;
}

export const CREDENTIALS = { AWS_ACCESS_KEY_ID: "test-key", AWS_SECRET_ACCESS_KEY: "test-secret-of-no-one" };

/** Keys per page: few, so that a listing has several pages. */
const PAGE = 3;

export async function startS3(bucket: string): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const uploads = new Map<string, Map<number, Buffer>>();
  let refusal: string | undefined;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, "http://s3");
    const [, name, ...rest] = decodeURIComponent(url.pathname).split("/");
    const [key, query, body] = [rest.join("/"), url.searchParams, await bodyOf(request)];
    const error = (status: number, code: string) =>
      send(response, status, `<Error><Code>${code}</Code></Error>`);
    if (refusal !== undefined) return error(403, refusal);
    if (!signed(request)) return error(403, "SignatureDoesNotMatch");
    if (name !== bucket) return error(404, "NoSuchBucket");
    const upload = uploads.get(query.get("uploadId") ?? "");
    if (request.method === "POST" && query.has("uploads")) {
      const id = randomBytes(8).toString("hex");
      uploads.set(id, new Map());
      return send(
        response,
        200,
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (request.method === "POST" && upload !== undefined) {
      const wanted = [...String(body).matchAll(/<PartNumber>(\d+)<\/PartNumber>/g)].map(([, n]) => Number(n));
      if (wanted.some((n) => !upload.has(n))) return error(400, "InvalidPart");
      objects.set(key, Buffer.concat(wanted.map((n) => upload.get(n)!)));
      return send(
        response,
        200,
        "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>",
      );
    }
    if (request.method === "PUT") {
      if (upload === undefined) objects.set(key, body);
      else upload.set(Number(query.get("partNumber")), body);
      return send(response, 200, "", { etag: `"${createHash("md5").update(body).digest("hex")}"` });
    }
    if (request.method === "DELETE") {
      objects.delete(key);
      return send(response, 204, "");
    }
    if (request.method === "GET" && key === "") return send(response, 200, listing(objects, query));
    const found = objects.get(key);
    return found === undefined ? error(404, "NoSuchKey") : send(response, 200, found);
  }

  const server = createServer((request, response) => void answer(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    objects,
    refuse: (code) => {
      refusal = code;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const signed = ({ headers }: IncomingMessage): boolean =>
  new RegExp(`^AWS4-HMAC-SHA256 Credential=${CREDENTIALS.AWS_ACCESS_KEY_ID}/`).test(
    headers.authorization ?? "",
  );

/** A body may come in signed pieces, each behind its length. */
async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const raw = await buffer(request);
  if (!/aws-chunked/.test(request.headers["content-encoding"] ?? "")) return raw;
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = raw.indexOf("\r\n", at);
    const length = Number.parseInt(raw.toString("latin1", at, end), 16);
    if (!(length > 0)) return Buffer.concat(pieces);
    pieces.push(raw.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
}

function listing(objects: ReadonlyMap<string, Buffer>, query: URLSearchParams): string {
  const after = query.get("continuation-token") ?? "";
  const keys = [...objects.keys()]
    .filter((key) => key.startsWith(query.get("prefix") ?? "") && key > after)
    .sort();
  const page = keys.slice(0, PAGE);
  const next = keys.length > PAGE ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : "";
  const contents = page.map(
    (key) => `<Contents><Key>${key}</Key><Size>${objects.get(key)!.length}</Size></Contents>`,
  );
  return `<ListBucketResult><IsTruncated>${next !== ""}</IsTruncated>${next}${contents.join("")}</ListBucketResult>`;
}

function send(
  response: ServerResponse,
  status: number,
  body: string | Buffer,
  headers: Record<string, string> = {},
) {
  response.writeHead(status, { "content-type": "application/xml", ...headers }).end(body);
}
