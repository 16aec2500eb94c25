import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { SubNav } from "../ui/sub-nav.ts";

const LINKS = [
  { href: "/console", name: TEXTS.listen.discover },
  { href: "/console/playlists", name: TEXTS.playlists.title },
  { href: "/console/library", name: TEXTS.library.title },
];

export const ListenNav = () => html`<${SubNav} label=${TEXTS.shell.listen} links=${LINKS} />`;
