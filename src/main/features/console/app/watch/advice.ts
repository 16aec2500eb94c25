import { useState } from "preact/hooks";
import { type Problem, request } from "../core/api.ts";
import { bytes } from "../core/format.ts";
import { html } from "../core/html.ts";
import { ms } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { Failure } from "../ui/states.ts";

const T = TEXTS.watch.advice;

interface Proposal {
  readonly sql: string;
  readonly bytes: number;
  readonly build_ms: number;
  readonly write_ms: number;
  readonly gains: readonly { readonly without_ms: number; readonly with_ms: number }[];
}

interface Found {
  readonly proposals: readonly Proposal[];
  readonly tried: number;
  readonly complete: boolean;
}

/** Looks for an index that makes a statement faster: the server tries them in a copy of the database. */
export function Advice({ id }: { readonly id: string }) {
  const [found, setFound] = useState<Found>();
  const [error, setError] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const seek = async () => {
    setBusy(true);
    setError(undefined);
    try {
      setFound((await request<Found>("/admin/advice", { method: "POST", body: { id } })).data);
    } catch (thrown) {
      setError(thrown as Problem);
    }
    setBusy(false);
  };
  return html`<div class="stack">
    <div class="row"><button type="button" class="button" disabled=${busy} onClick=${seek}>${busy ? T.seeking : T.seek}</button>
      <span class="muted small">${T.how}</span></div>
    <div role="status">${found !== undefined && html`<${Proposals} found=${found} />`}</div>
    ${error !== undefined && html`<${Failure} error=${error} retry=${seek} />`}
  </div>`;
}

function Proposals({ found: { proposals, tried } }: { readonly found: Found }) {
  if (proposals.length === 0) return html`<p class="muted">${T.none(tried)}</p>`;
  return html`<ul class="stack">${proposals.map(
    ({ sql, gains, bytes: size, build_ms, write_ms }) => html`<li key=${sql} class="proposal">
      <pre class="sql" tabindex="0">${sql}</pre>
      <p>${gains[0] !== undefined && html`<b>${T.gain(ms(gains[0].without_ms), ms(gains[0].with_ms))}</b>`}
        <span class="muted"> ${T.cost(bytes(size), ms(build_ms), ms(write_ms))}</span></p>
    </li>`,
  )}</ul>`;
}
