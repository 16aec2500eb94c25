import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { Dialog } from "../ui/dialog.ts";

const T = TEXTS.do.once;

/** A secret that is shown this once. */
export function Once({
  title,
  text,
  secret,
  close,
}: {
  readonly title: string;
  readonly text: string;
  readonly secret: string;
  readonly close: () => void;
}) {
  const [copied, setCopied] = useState(false);
  const copy = () =>
    navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return html`<${Dialog} title=${title} close=${close}>
    <p>${text}</p>
    <input class="secret" readonly value=${secret} aria-label=${title} onFocus=${(event: Event) => (event.target as HTMLInputElement).select()} />
    <div class="row dialog-buttons">
      <span class="muted small" role="status">${copied ? T.copied : ""}</span>
      <button type="button" class="button" onClick=${copy}>${T.copy}</button>
      <button type="button" class="button primary" onClick=${close}>${T.kept}</button>
    </div>
  </${Dialog}>`;
}
