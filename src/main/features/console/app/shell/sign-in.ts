import { useEffect, useState } from "preact/hooks";
import { Problem } from "../core/api.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { currentPlace, navigate } from "../core/router.ts";
import { hasAccounts, session, signIn } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";

const T = TEXTS.signIn;

interface Provider {
  readonly name: string;
}

/** Where one came from. Only a page of the console: the address may have been made by somebody else. */
function cameFrom(): string {
  const from = currentPlace().query.get("from") ?? "";
  return /^\/console(\/|$)/.test(from) ? from : "/console";
}

export default function SignIn() {
  const { person } = useStore(session);
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const providers = useResource<{ data: readonly Provider[] }>(hasAccounts ? "/v1/oidc" : null);
  useEffect(() => {
    if (person !== null || !hasAccounts) navigate(cameFrom(), { replace: true });
  }, [person]);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    setBusy(true);
    setError("");
    try {
      await signIn(String(form.get("email")), String(form.get("password")));
    } catch (thrown) {
      setError(thrown instanceof Problem ? `${thrown.message}. ${thrown.detail}` : String(thrown));
    }
    setBusy(false);
  };
  return html`<form class="card sign-in" onSubmit=${submit}>
    <h1>${T.title}</h1>
    <label>${T.email}<input name="email" type="email" autocomplete="username" required autofocus /></label>
    <label>${T.password}<input name="password" type="password" autocomplete="current-password" required /></label>
    ${error !== "" && html`<p class="error" role="alert">${error}</p>`}
    <button class="button primary" disabled=${busy}>${T.submit}</button>
    ${(providers.data?.data ?? []).map(
      ({ name }) => html`<a class="button" key=${name} target="_self"
        href=${`/v1/oidc/${encodeURIComponent(name)}/login?return_to=${encodeURIComponent(cameFrom())}`}>${T.with(name)}</a>`,
    )}
  </form>`;
}
