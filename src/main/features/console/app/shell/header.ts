import { html } from "../core/html.ts";
import { hasAccounts, may, session, signOut } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { findPage, type Section } from "../pages.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";
import { SearchBox } from "./search-box.ts";
import { switchTheme, theme } from "./theme.ts";
import { tellFailed } from "./toasts.ts";

const SECTIONS: readonly { readonly section: Section; readonly href: string; readonly operators?: true }[] = [
  { section: "listen", href: "/console" },
  { section: "browse", href: "/console/browse" },
  { section: "watch", href: "/console/watch", operators: true },
  { section: "do", href: "/console/do", operators: true },
];

export function Header({ path }: { readonly path: string }) {
  const current = findPage(path)?.page.section;
  const there = useStore(session);
  const shown = SECTIONS.filter(
    ({ href, operators }) => findPage(href) !== undefined && (!operators || may("operate", there)),
  );
  return html`<header class="top">
    <a class="brand" href="/console" aria-label=${TEXTS.brand}><${Icon} name="record" /> <span>${TEXTS.brand}</span></a>
    <nav class="sections" aria-label=${TEXTS.shell.sections}>
      ${shown.map(
        ({
          section,
          href,
        }) => html`<a href=${href} aria-current=${section === current ? "page" : undefined} key=${section}>
          <${Icon} name=${section} /><span>${TEXTS.shell[section]}</span>
        </a>`,
      )}
    </nav>
    <${SearchBox} />
    <div class="tools"><${ThemeButton} /><${Account} /></div>
  </header>`;
}

function ThemeButton() {
  const now = useStore(theme);
  const label = TEXTS.shell.theme[now];
  return html`<button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${switchTheme}>
    <${Icon} name=${now} />
  </button>`;
}

function Account() {
  const { person, known } = useStore(session);
  if (!hasAccounts || !known) return null;
  if (person === null) return html`<a class="button" href="/console/sign-in">${TEXTS.shell.signIn}</a>`;
  const name = person.name ?? person.email ?? `#${person.id}`;
  return html`<span class="who" title=${TEXTS.shell.signedInAs(name)}>${name}</span>
    <button type="button" class="button quiet" onClick=${() => signOut().catch(tellFailed)}>${TEXTS.shell.signOut}</button>`;
}
