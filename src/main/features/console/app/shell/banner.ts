import { connection } from "../core/connection.ts";
import { html } from "../core/html.ts";
import { useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";

/** Says that the server does not answer, and for a moment that it does again. */
export function ConnectionBanner() {
  const state = useStore(connection);
  const text = { fine: "", lost: TEXTS.shell.lost, back: TEXTS.shell.back }[state];
  return html`<div class="connection" role="status" data-state=${state}>${text}</div>`;
}
