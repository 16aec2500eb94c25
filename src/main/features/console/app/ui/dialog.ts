import { useEffect, useId, useRef } from "preact/hooks";
import { type Content, html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";

/** A modal dialog, as long as it is rendered. Escape and a click beside it close it. */
export function Dialog({
  title,
  close,
  children,
}: {
  readonly title: string;
  readonly close: () => void;
  readonly children?: Content;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    return () => opener?.focus();
  }, []);
  return html`<dialog ref=${dialog} aria-labelledby=${id} onCancel=${(event: Event) => {
    event.preventDefault();
    close();
  }} onPointerDown=${(event: Event) => event.target === dialog.current && close()}>
    <div class="stack dialog-body"><h2 id=${id}>${title}</h2>${children}</div>
  </dialog>`;
}

/** Asks before something is done that cannot be undone from here. */
export function Confirm({
  title,
  text,
  action,
  confirm,
  close,
}: {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly confirm: () => void;
  readonly close: () => void;
}) {
  return html`<${Dialog} title=${title} close=${close}>
    <p>${text}</p>
    <${DialogButtons} action=${action} close=${close} act=${confirm} danger />
  </${Dialog}>`;
}

/** The two buttons under a dialog. Without `act` the first one submits its form. */
export function DialogButtons({
  action,
  close,
  act,
  busy = false,
  danger = false,
}: {
  readonly action: string;
  readonly close: () => void;
  readonly act?: () => void;
  readonly busy?: boolean;
  readonly danger?: boolean;
}) {
  return html`<div class="row dialog-buttons">
    <button type="button" class="button" onClick=${close}>${TEXTS.common.cancel}</button>
    <button type=${act === undefined ? "submit" : "button"} class=${`button ${danger ? "danger" : "primary"}`} disabled=${busy} onClick=${act}>${action}</button>
  </div>`;
}
