import { useState } from "preact/hooks";
import { request } from "../core/api.ts";
import { type Content, html } from "../core/html.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { Confirm } from "../ui/dialog.ts";

/** What a button of an operator does. */
export interface Action<T> {
  readonly label: string;
  readonly act: () => Promise<T>;
  /** What is said once it is done. */
  readonly said: (result: T) => string;
  readonly after?: (result: T) => void;
  /** What is asked before it: of everything that cannot be taken back. */
  readonly ask?: { readonly title: string; readonly text: string };
  readonly disabled?: boolean;
  readonly icon?: Content;
  readonly primary?: boolean;
}

/** Sends a request without a body. */
export const send = async <T>(method: "POST" | "DELETE", path: string, body?: unknown): Promise<T> =>
  (await request<T>(path, body === undefined ? { method } : { method, body })).data;

/** A button that does something on the server, and says what it did or why it could not. */
export function ActionButton<T>({ label, act, said, after, ask, disabled, icon, primary }: Action<T>) {
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const run = async () => {
    setAsking(false);
    setBusy(true);
    try {
      const result = await act();
      tellDone(said(result));
      after?.(result);
    } catch (error) {
      tellFailed(error);
    }
    setBusy(false);
  };
  const look = primary ? "primary" : ask === undefined ? "" : "danger";
  return html`
    <button type="button" class=${`button ${look}`} disabled=${busy || disabled} aria-busy=${busy}
      onClick=${ask === undefined ? run : () => setAsking(true)}>${icon} ${label}</button>
    ${asking && html`<${Confirm} title=${ask!.title} text=${ask!.text} action=${label} confirm=${run} close=${() => setAsking(false)} />`}
  `;
}
