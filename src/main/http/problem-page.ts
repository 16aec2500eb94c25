import { hash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Reply } from "./reply.ts";

const STYLE = `body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark }
h1 { margin: 0; font-size: 1.5rem } small { color: GrayText }`;

const POLICY = `default-src 'none'; style-src 'sha256-${hash("sha256", STYLE, "base64")}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Browsers get a page; programs, which do not accept HTML by name, get the problem itself. */
export const wantsPage = ({ headers: { accept = "" } }: IncomingMessage): boolean =>
  /\btext\/html\b/.test(accept) && !/\bjson\b/.test(accept);

/** A problem (RFC 9457) as an HTML page. */
export function problemPage({ status, body, headers }: Reply): Reply {
  const { type, title, detail, code, request_id } = JSON.parse(String(body)) as Record<string, string>;
  const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} ${escaped(title)}</title><link rel="icon" href="/favicon.ico"><style>${STYLE}</style></head>
<body><main><h1>${status} ${escaped(title)}</h1><p>${escaped(detail)}</p>
<p><a href="/docs">API reference</a> · <a href="${escaped(type)}">About ${escaped(code)}</a></p>
<p><small>Request ${escaped(request_id)}</small></p></main></body></html>
`;
  return {
    status,
    body: page,
    headers: { ...headers, "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY },
  };
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text = ""): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
