import { connect, type Socket } from "node:net";
import { expect } from "vitest";
import type { Answer, TestServer } from "../support/server.ts";
import { expectProblem } from "./helpers.ts";

/** Requests as bytes, for what no client would send. */

/** A connection of its own; what the server said on it is known when the server has closed it. */
export function dial(server: TestServer): { readonly socket: Socket; readonly answers: Promise<Answer[]> } {
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  // A server that has sent its last response may reset a connection that still sends.
  socket.on("error", () => {});
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  return { socket, answers: closed.then(() => answersIn(Buffer.concat(received))) };
}

/** Writes bytes to a connection, and reads until the server closes it. */
export function converse(server: TestServer, ...parts: (string | Uint8Array)[]): Promise<Answer[]> {
  const { socket, answers } = dial(server);
  for (const part of parts) socket.write(part);
  return answers;
}

/** The answers of a connection, in order; each must be framed by its Content-Length. */
function answersIn(bytes: Buffer): Answer[] {
  const answers: Answer[] = [];
  while (bytes.length > 0) {
    const end = bytes.indexOf("\r\n\r\n");
    const [start, ...lines] = bytes.subarray(0, end).toString("latin1").split("\r\n");
    const headers = new Headers(lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
    const length = Number(headers.get("content-length") ?? 0);
    const text = bytes.subarray(end + 4, end + 4 + length).toString("utf8");
    bytes = bytes.subarray(end + 4 + length);
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(start!)?.[1]);
    if (status === 100) continue;
    const isJson = text !== "" && headers.get("content-type")?.includes("json");
    answers.push({ status, headers, text, json: isJson ? JSON.parse(text) : undefined });
  }
  return answers;
}

export const CLOSE = "connection: close\r\n";

/** The request line and headers, without the empty line that ends them. */
export const head = (line: string, ...headers: string[]): string =>
  `${[line, "host: localhost", ...headers].join("\r\n")}\r\n`;

/** The head of a POST of an artist. */
export const posting = (body: string, ...headers: string[]): string => {
  const length = `content-length: ${Buffer.byteLength(body)}`;
  return head("POST /v1/artists HTTP/1.1", "content-type: application/json", length, ...headers);
};

/** A connection that is refused gets one answer, and is closed then. */
export async function refused(
  server: TestServer,
  status: number,
  code: string,
  ...parts: (string | Uint8Array)[]
): Promise<void> {
  const answers = await converse(server, ...parts);
  expect(answers).toHaveLength(1);
  expectProblem(answers[0]!, status, code);
  expect(answers[0]!.headers.get("x-content-type-options")).toBe("nosniff");
}
