import { html } from "../core/html.ts";
import { tellDone } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { send } from "./action.ts";
import { FormDialog, textOf } from "./form-dialog.ts";
import { ROLES } from "./roles.ts";

const T = TEXTS.do.users;

interface Made {
  readonly email: string;
  readonly link?: string;
}

export interface NewUserProps {
  readonly close: () => void;
  /** With the link to choose a password by. */
  readonly done: (link: string | undefined) => void;
}

export function NewUser({ close, done }: NewUserProps) {
  const submit = async (form: FormData) => {
    const body = {
      email: textOf(form, "email"),
      role: textOf(form, "role"),
      name: textOf(form, "name") || null,
      password: null,
    };
    const made = await send<Made>("POST", "/admin/people/create-user", body);
    tellDone(T.made(made.email));
    done(made.link);
  };
  return html`<${FormDialog} title=${T.add} action=${T.add} close=${close} submit=${submit}>
    <label>${T.email}<input name="email" type="email" required autocomplete="off" /></label>
    <label>${T.name}<input name="name" maxlength="200" autocomplete="off" /></label>
    <label>${T.role}<select name="role">${ROLES.map((role) => html`<option key=${role} value=${role}>${T.roles[role]}</option>`)}</select></label>
    <p class="muted small">${T.addText}</p>
  </${FormDialog}>`;
}
