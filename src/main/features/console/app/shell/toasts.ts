import { Problem } from "../core/api.ts";
import { html } from "../core/html.ts";
import { store, useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";

interface Toast {
  readonly id: number;
  readonly kind: "done" | "failed";
  readonly text: string;
}

const toasts = store<readonly Toast[]>([]);
const SHOWN_MS = 5_000;
const MOST = 4;
let last = 0;

function show(kind: Toast["kind"], text: string): void {
  const toast = { id: ++last, kind, text };
  toasts.set([...toasts.get(), toast].slice(-MOST));
  setTimeout(() => dismiss(toast.id), kind === "done" ? SHOWN_MS : SHOWN_MS * 2);
}

const dismiss = (id: number): void => toasts.set(toasts.get().filter((toast) => toast.id !== id));

/** Says for a moment that something was done. */
export const tellDone = (text: string): void => show("done", text);

/** Says for a moment what went wrong. */
export function tellFailed(error: unknown): void {
  if (error instanceof Problem)
    show("failed", error.detail === "" ? error.message : `${error.message}. ${error.detail}`);
  else show("failed", String(error));
}

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${useStore(toasts).map(
      ({ id, kind, text }) => html`<div class="toast" data-kind=${kind} key=${id}>
        <span>${text}</span>
        <button type="button" aria-label=${TEXTS.common.close} onClick=${() => dismiss(id)}>×</button>
      </div>`,
    )}
  </div>`;
}
