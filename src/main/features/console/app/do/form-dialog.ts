import { useState } from "preact/hooks";
import { Problem } from "../core/api.ts";
import { type Content, html } from "../core/html.ts";
import { Dialog, DialogButtons } from "../ui/dialog.ts";

export const textOf = (form: FormData, name: string): string => String(form.get(name) ?? "").trim();

/** A form in a dialog. What the server refuses is said in it, and what was typed stays. */
export function FormDialog({
  title,
  action,
  close,
  submit,
  children,
}: {
  readonly title: string;
  readonly action: string;
  readonly close: () => void;
  readonly submit: (form: FormData) => Promise<void>;
  readonly children?: Content;
}) {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const onSubmit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await submit(new FormData(event.target as HTMLFormElement));
    } catch (thrown) {
      setError(messageOf(thrown));
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${title} close=${close}>
    <form class="stack" onSubmit=${onSubmit}>
      ${children}
      ${error !== "" && html`<p class="error" role="alert">${error}</p>`}
      <${DialogButtons} action=${action} close=${close} busy=${busy} />
    </form>
  </${Dialog}>`;
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Problem)) return String(thrown);
  const fields = thrown.errors.map(({ pointer, parameter, detail }) => `${pointer ?? parameter}: ${detail}`);
  return [`${thrown.message}. ${thrown.detail}`, ...fields].join(" ");
}
