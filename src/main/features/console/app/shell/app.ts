import { useEffect } from "preact/hooks";
import { html } from "../core/html.ts";
import { followLinks, usePlace } from "../core/router.ts";
import { hasAccounts, refreshSession, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";
import { ConnectionBanner } from "./banner.ts";
import { Header } from "./header.ts";
import { PageView } from "./page-view.ts";
import { Toasts } from "./toasts.ts";

followLinks();

/** The frame around every page. Nothing is asked of the server before it is known who is there. */
export function App() {
  const { path } = usePlace();
  const { known } = useStore(session);
  useEffect(() => void refreshSession(), []);
  return html`
    <a class="skip" href="#main">${TEXTS.shell.skip}</a>
    <${Header} path=${path} />
    <${ConnectionBanner} />
    <main id="main" tabindex="-1">${(known || !hasAccounts) && html`<${PageView} path=${path} />`}</main>
    <${Toasts} />
  `;
}
