import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { SubNav } from "../ui/sub-nav.ts";

const T = TEXTS.watch.nav;

const LINKS = [
  { href: "/console/watch", name: T.live },
  { href: "/console/watch/history", name: T.history },
  { href: "/console/watch/queries", name: T.queries },
  { href: "/console/watch/health", name: T.health },
] as const;

export const WatchNav = () => html`<${SubNav} label=${T.label} links=${LINKS} />`;
