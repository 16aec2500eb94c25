import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { byTag, type Document, type Placed } from "./document.ts";
import { type Html, operationArticle, text } from "./operation.ts";
import { RULES } from "./rules.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

const sourceOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * Allows only the page, its style sheet and its script, the last two by hash: no other resources, no framing. The
 * script may send requests to this server only.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${sourceOf(STYLE)}`,
  `script-src ${sourceOf(SCRIPT)}`,
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The API reference as an HTML page. Deterministic. */
export async function docsPage(document: Document): Promise<string> {
  const groups = byTag(document);
  const { title, version, description } = document.info;
  return layout(
    title,
    navigation(document, groups),
    html`<h1>${title} <small>${version}</small></h1>
    <p class="lead">${text(firstParagraph(description))} This page is made from <a href="/openapi.json">the OpenAPI description</a>,
      which is made from the schemas that check every request.</p>
    ${RULES}
    ${[...groups].map(([tag, placed]) => section(document, tag, placed))}`,
    html`<script>${raw(SCRIPT)}</script>`,
  );
}

/** The other paragraphs are shown as rules, each with its own heading. */
const firstParagraph = (description = ""): string => description.split("\n\n", 1)[0]!;

export async function layout(title: string, nav: Html, main: Html, script?: Html): Promise<string> {
  return String(
    await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="/favicon.ico">
<style>${raw(STYLE)}</style>
</head>
<body><div class="page">
<nav id="menu">${nav}</nav>
<main>${main}</main>
</div><a class="back" href="#menu">↑ Menu</a>${script ?? ""}</body>
</html>
`,
  );
}

export const navigation = ({ info }: Document, groups: ReadonlyMap<string, readonly Placed[]>): Html =>
  html`<b>${info.title}</b><small><a href="/openapi.json">openapi.json</a> · <a href="/docs/errors">errors</a></small>
  <label class="filter" hidden>Filter <input id="filter" type="search" placeholder="press /" autocomplete="off"></label>
  ${[...groups].map(
    ([tag, placed]) => html`<h2><a href="#${tag}">${tag}</a></h2>
    <ul>${placed.map(link)}</ul>`,
  )}`;

const link = ({ method, path, operation }: Placed): Html =>
  html`<li><a href="#${operation.operationId}" title="${operation.summary}"><span class="method ${method}">${method}</span>${path.replace(/^\/v1/, "")}</a></li>`;

function section(document: Document, tag: string, placed: readonly Placed[]): Html {
  const description = document.tags?.find(({ name }) => name === tag)?.description;
  return html`<section>
  <h2 class="tag" id="${tag}">${tag.replace("-", " ")}</h2>
  ${description === undefined ? "" : html`<p>${description}</p>`}
  ${placed.map((one) => operationArticle(document, one))}
</section>`;
}
