import { html } from "hono/html";
import { ERRORS } from "../../../shared/errors.ts";
import { type Html, text } from "./operation.ts";
import { layout } from "./page.ts";

type Row = readonly [code: string, error: (typeof ERRORS)[keyof typeof ERRORS]];

/** All errors, each with its code as the anchor. A problem's `type` links there. */
export async function errorsPage(): Promise<string> {
  const rows: readonly Row[] = Object.entries(ERRORS);
  const groups = Map.groupBy(rows, ([, { status }]) => (status === 0 ? "terminal" : String(status)));
  return layout(
    "Errors · Chinook Server",
    html`<b>Chinook Server</b><small><a href="/docs">API</a> · errors</small>
    ${[...groups].map(
      ([status, group]) => html`<h2>${status}</h2>
      <ul>${group.map(([code]) => html`<li><a href="#${code}">${code}</a></li>`)}</ul>`,
    )}`,
    html`<h1>Errors</h1>
    <p class="lead">Over HTTP an error is <code>application/problem+json</code> (RFC 9457); its <code>type</code> leads
      here. "Retry" says whether the same request may succeed later without being changed. The last group is seen at a
      terminal only.</p>
    <div class="wide"><table>
      <thead><tr><th>Code</th><th>Status</th><th>Meaning</th><th>Retry</th><th>What to do</th></tr></thead>
      <tbody>${rows.map(errorRow)}</tbody>
    </table></div>`,
  );
}

const errorRow = ([code, { status, title, retry, hint }]: Row): Html =>
  html`<tr id="${code}">
    <th><a href="#${code}"><code>${code}</code></a></th>
    <td>${status === 0 ? "–" : html`<b class="status s${String(status)[0]!}">${status}</b>`}</td>
    <td>${title}</td><td>${retry ? "yes" : "no"}</td><td>${text(hint)}</td>
  </tr>`;
