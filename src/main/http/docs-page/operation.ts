import { html, raw } from "hono/html";
import { ERRORS } from "../../../shared/errors.ts";
import type { Content, Document, Operation, Parameter, Placed, Schema } from "./document.ts";
import { curlOf, exampleAnswerOf, exampleRequestOf } from "./example.ts";
import { type Field, fieldsOf, limitsOf, shapesOf, typeOf } from "./schema.ts";

export type Html = ReturnType<typeof html>;

/** One operation: its input on the left, an example request and the responses on the right. */
export function operationArticle(document: Document, placed: Placed): Html {
  const { method, path, operation } = placed;
  const answer = exampleAnswerOf(document, operation);
  return html`<article id="${operation.operationId}">
  <h3><span class="method ${method}">${method}</span> ${pathOf(path)}</h3>
  <p class="summary">${operation.summary}. ${text(descriptionOf(operation))}</p>
  <div class="columns">
    <div>
      ${parametersTable(document, operation.parameters ?? [])}
      ${bodyTables(document, operation)}
      ${answersOf(document, operation)}
    </div>
    <div class="side" ${tryOf(document, placed)}>
      <pre class="curl"><code>${curlOf(document, placed)}</code></pre>
      ${answer === undefined ? "" : html`<pre><code>${answer}</code></pre>`}
    </div>
  </div>
</article>`;
}

/** Attributes from which the script builds the form to try it. */
function tryOf(document: Document, placed: Placed): Html {
  const { method, url, body } = exampleRequestOf(document, placed);
  return html`data-method="${method}" data-url="${url}" ${body === undefined ? raw("") : html`data-body="${body}"`}`;
}

/** The description, unless it only repeats the summary. */
const descriptionOf = ({ summary, description = "" }: Operation): string =>
  description === `${summary}.` ? "" : description;

const pathOf = (path: string): Html =>
  html`<code class="path">${path.split(/(\{\w+\})/).map((part) => (part.startsWith("{") ? html`<i>${part}</i>` : part))}</code>`;

/** Plain text with `code` in backticks. An error's code links to its documentation. */
export const text = (source: string): Html[] =>
  source.split(/`([^`]+)`/).map((part, i) => {
    if (i % 2 === 0) return html`${part}`;
    const code = html`<code>${part}</code>`;
    return Object.hasOwn(ERRORS, part) ? html`<a href="/docs/errors#${part}">${code}</a>` : code;
  });

function parametersTable(document: Document, parameters: readonly Parameter[]): Html | string {
  if (parameters.length === 0) return "";
  return html`<h4>Parameters</h4>
  <table>${parameters.map(({ name, in: where, required, description, schema }) =>
    row(document, name, where, required ?? false, { ...schema, ...(description && { description }) }),
  )}</table>`;
}

function bodyTables(document: Document, { requestBody }: Operation): Html | string {
  if (requestBody === undefined) return "";
  return html`<h4>Body</h4>${shapes(document, schemaOf(requestBody.content)!)}`;
}

const schemaOf = (content: Content): Schema | undefined => Object.values(content)[0]?.schema;

/** A table per shape of the body. */
const shapes = (document: Document, schema: Schema): Html[] =>
  shapesOf(document, schema).map((shape, i) => {
    const fields = fieldsOf(document, shape);
    const title = i > 0 ? html`<p class="or">or ${otherwise(document, shape)}</p>` : "";
    return fields.length === 0
      ? html`${title}<p>${typeOf(document, shape)}</p>`
      : html`${title}<table>${fields.map((field) => fieldRow(document, field))}</table>`;
  });

const otherwise = (document: Document, shape: Schema): string =>
  shape.items === undefined ? typeOf(document, shape) : `a list, ${limitsOf(shape)}`;

const fieldRow = (document: Document, { name, required, schema }: Field): Html =>
  row(document, name, "", required, schema);

const row = (document: Document, name: string, where: string, required: boolean, schema: Schema): Html =>
  html`<tr>
    <th scope="row"><code>${name}</code>${required ? html`<span class="must" title="required">*</span>` : ""}
      <small>${typeOf(document, schema)}${where === "header" ? ", header" : ""}</small></th>
    <td>${text(schema.description ?? "")} <small>${limitsOf(schema)}</small></td>
  </tr>`;

/** Responses: successful ones with their fields, failed ones with their error codes. */
function answersOf(document: Document, { responses }: Operation): Html {
  const entries = Object.entries(responses);
  return html`<h4>Answers</h4>${entries.map(([status, { description, content }]) => {
    const line = html`<b class="status s${status[0]!}">${status}</b> ${text(description)}`;
    const fields = content === undefined || Number(status) >= 400 ? undefined : schemaOf(content);
    if (fields === undefined || !hasFields(document, fields)) return html`<p class="answer">${line}</p>`;
    return html`<details class="answer"><summary>${line}</summary>${shapes(document, fields)}</details>`;
  })}`;
}

const hasFields = (document: Document, schema: Schema): boolean =>
  shapesOf(document, schema).some((shape) => fieldsOf(document, shape).length > 0);
