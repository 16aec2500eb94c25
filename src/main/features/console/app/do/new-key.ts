import { html } from "../core/html.ts";
import { tellDone } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { send } from "./action.ts";
import { FormDialog, textOf } from "./form-dialog.ts";
import { SCOPES } from "./scopes.ts";

const T = TEXTS.do.keys;

const DAYS = ["7", "30", "90", "365"] as const;

const inDays = (days: string): string | null =>
  days === "" ? null : new Date(Date.now() + Number(days) * 86_400_000).toISOString();

export interface NewKeyProps {
  readonly close: () => void;
  /** With the key itself. */
  readonly done: (key: string) => void;
}

export function NewKey({ close, done }: NewKeyProps) {
  const submit = async (form: FormData) => {
    const name = textOf(form, "name");
    const { key } = await send<{ key: string }>("POST", "/admin/people/create-key", {
      name,
      email: textOf(form, "email") || null,
      scopes: form.getAll("scope"),
      expires_at: inDays(textOf(form, "days")),
      rate_per_minute: Number(textOf(form, "rate")) || null,
    });
    tellDone(T.made(name));
    done(key);
  };
  return html`<${FormDialog} title=${T.add} action=${T.add} close=${close} submit=${submit}>
    <label>${T.name}<input name="name" required maxlength="200" autocomplete="off" /></label>
    <label>${T.ownerEmail}<input name="email" type="email" placeholder=${T.nobody} autocomplete="off" /></label>
    <fieldset class="scopes"><legend>${T.scopes}</legend>${SCOPES.map(
      (scope) =>
        html`<label class="check" key=${scope}><input type="checkbox" name="scope" value=${scope} defaultChecked=${scope === "catalogue:read"} /> <code>${scope}</code></label>`,
    )}</fieldset>
    <div class="columns">
      <label>${T.expires}<select name="days"><option value="">${T.never}</option>${DAYS.map(
        (days) =>
          html`<option key=${days} value=${days} selected=${days === "90"}>${T.inDays(days)}</option>`,
      )}</select></label>
      <label>${T.rate}<input name="rate" type="number" min="1" max="1000000" placeholder=${T.noRate} /></label>
    </div>
  </${FormDialog}>`;
}
