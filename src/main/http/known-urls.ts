import type { IncomingMessage, ServerResponse } from "node:http";
import { LRUCache } from "lru-cache";
import { type ExchangeOptions, exchange, type Request, type Sent, type Target } from "./exchange.ts";
import type { Reply } from "./reply.ts";

interface KnownUrl {
  readonly target: Target;
  /** Key of the cached answer, see `Answers.key`. */
  readonly key: string;
}

/** Characters of the longest URL that is kept. */
const MAX_LENGTH = 200;

/**
 * Maps URLs that were valid once to their read. The same URL is valid again and means the same read, so its next
 * request needs no router and no validation, and its answer no `Request`, `Response` or `Headers` object: it goes
 * directly to Node.js. Without this, a cached answer costs half as much processor time again.
 *
 * Both paths use {@link exchange}: access, checks, metrics and errors are the same.
 */
export class KnownUrls {
  /** One map for all routes: an LRUCache allocates its memory at construction. */
  readonly #urls = new LRUCache<string, KnownUrl>({ max: 32_768 });
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  remember(url: string, target: Target, key: string): void {
    if (url.length <= MAX_LENGTH) this.#urls.set(url, { target, key });
  }

  /** @returns whether the request is or will be answered: it is if it is a GET of a known URL. */
  answer(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
    if (incoming.method !== "GET") return false;
    const known = this.#urls.get(incoming.url!);
    if (known === undefined) return false;
    const request = new KnownRequest(incoming, known.target.path, known.key);
    const sent = exchange(request, known.target, this.#options);
    if (sent instanceof Promise) void sent.then((settled) => send(outgoing, settled));
    else send(outgoing, sent);
    return true;
  }
}

class KnownRequest implements Request {
  readonly incoming: IncomingMessage;
  readonly knownKey: string;
  readonly #template: string;
  constructor(incoming: IncomingMessage, template: string, key: string) {
    this.incoming = incoming;
    this.knownKey = key;
    this.#template = template;
  }
  remember(): void {}
  get method(): string {
    return this.incoming.method!;
  }
  get url(): string {
    return this.incoming.url!;
  }
  get path(): string {
    return this.url.split("?", 1)[0]!;
  }
  param(name: string): string {
    const at = this.#template.split("/").indexOf(`{${name}}`);
    return decodeURIComponent(this.path.split("/")[at]!);
  }
}

/** The headers of shared replies in the form fastest for Node.js: names and values in turn. */
const flat = new WeakMap<Reply, readonly string[]>();

function flatten(reply: Reply): readonly string[] {
  const fields = Object.entries(reply.headers).flat();
  if (reply.body !== null) fields.push("content-length", String(Buffer.byteLength(reply.body)));
  if (reply.shared) flat.set(reply, fields);
  return fields;
}

function send(outgoing: ServerResponse, { reply, own }: Sent): void {
  const fields = (reply.shared && flat.get(reply)) || flatten(reply);
  outgoing.writeHead(reply.status, fields.concat(own));
  outgoing.end(reply.body ?? undefined);
}
