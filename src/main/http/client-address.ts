import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv4 } from "node:net";

/** Resolves a client's address and scheme behind proxies. */
export interface Clients {
  /** The client's address in canonical form: an IPv4 address is never written as an IPv6 one. */
  readonly addressOf: (incoming: IncomingMessage) => string;
  /** The scheme that the client uses, according to the nearest trusted proxy. */
  readonly schemeOf: (incoming: IncomingMessage) => "http" | "https";
}

/**
 * `X-Forwarded-For`, or else `Forwarded`, counts as far as trusted proxies wrote it. Read from its end, the first
 * address that is no trusted proxy is the client's. A client can forge everything before it.
 *
 * @param trusted addresses or CIDR blocks.
 */
export function clients(trusted: readonly string[], tls: boolean): Clients {
  const list = blockList(trusted);
  const isTrusted = (address: string) => list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
  const peerOf = ({ socket }: IncomingMessage) => plain(socket?.remoteAddress ?? "");
  const own = tls ? "https" : "http";
  if (trusted.length === 0) return { addressOf: peerOf, schemeOf: () => own };
  return {
    addressOf: (incoming) => {
      const peer = peerOf(incoming);
      if (isIP(peer) === 0 || !isTrusted(peer)) return peer;
      return clientOf(forwardedFor(incoming), isTrusted) ?? peer;
    },
    schemeOf: (incoming) => {
      const peer = peerOf(incoming);
      if (isIP(peer) === 0 || !isTrusted(peer)) return own;
      return forwardedScheme(incoming) ?? own;
    },
  };
}

function blockList(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = "", prefix] = block.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** Undefined if all are trusted proxies, or the first other one is no address. */
function clientOf(hops: readonly string[], isTrusted: (address: string) => boolean): string | undefined {
  const client = hops.findLast((hop) => isIP(hop) === 0 || !isTrusted(hop));
  return client !== undefined && isIP(client) !== 0 ? client : undefined;
}

const plain = (address: string): string => (address.startsWith("::ffff:") ? address.slice(7) : address);

function forwardedFor({ headers }: IncomingMessage): string[] {
  const text = headers["x-forwarded-for"];
  if (text !== undefined)
    return String(text)
      .split(",")
      .map((hop) => addressIn(hop.trim()));
  return forwarded(headers.forwarded, "for").map(addressIn);
}

function forwardedScheme({ headers }: IncomingMessage): "http" | "https" | undefined {
  const given = headers["x-forwarded-proto"] ?? forwarded(headers.forwarded, "proto").at(-1);
  const scheme = String(given ?? "")
    .split(",")
    .at(-1)!
    .trim()
    .toLowerCase();
  return scheme === "https" || scheme === "http" ? scheme : undefined;
}

/** RFC 7239: the values of one parameter, by hop. */
function forwarded(header: string | undefined, parameter: string): string[] {
  const form = new RegExp(`(?:^|;)\\s*${parameter}=("?)([^";]*)\\1`, "i");
  return (header?.split(",") ?? []).map((hop) => form.exec(hop)?.[2] ?? "");
}

/** Removes a port: `[2001:db8::1]:443`, `192.0.2.1:443`. */
function addressIn(text: string): string {
  const [, bracketed, bare] = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+)(?::\d+)?)$/.exec(text) ?? [];
  return plain(bracketed ?? bare ?? text);
}
