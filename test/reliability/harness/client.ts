import { Agent, request } from "node:http";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: what is read of it is checked where it is read
  readonly json: any;
  readonly ms: number;
}

export interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client with a bounded number of connections, which it keeps. */
export class Client {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @throws what the socket says when there is no whole answer: then nothing is known of what became of it. */
  send(method: string, path: string, { body, headers = {} }: Sent = {}): Promise<Answer> {
    const { hostname, port } = this.#url;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const typed = text === undefined ? headers : { "content-type": "application/json", ...headers };
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const sent = request(
        { agent: this.#agent, hostname, port, method, path, headers: typed },
        (response) => {
          const chunks: Buffer[] = [];
          response
            .on("data", (chunk: Buffer) => chunks.push(chunk))
            .once("error", reject)
            .once("end", () => {
              const { statusCode: status, headers } = response;
              resolve({ status: status!, headers, json: parse(chunks), ms: performance.now() - started });
            });
        },
      );
      sent.once("error", reject).end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(chunks: readonly Buffer[]): unknown {
  const text = Buffer.concat(chunks).toString();
  return /^[[{]/.test(text) ? JSON.parse(text) : undefined;
}
