import { html } from "../core/html.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";
import { SubNav } from "../ui/sub-nav.ts";
import { KINDS } from "./kinds.ts";

/** The kinds that the one who is there may read, and SQL. */
export function BrowseNav() {
  const operator = may("operate", useStore(session));
  const kinds = KINDS.filter(({ operators }) => !operators || operator);
  const links = [
    { href: "/console/browse", name: TEXTS.browse.all },
    ...kinds.map(({ name, label }) => ({ href: `/console/browse/${name}`, name: label })),
    ...(operator ? [{ href: "/console/sql", name: "SQL" }] : []),
  ];
  return html`<${SubNav} label=${TEXTS.browse.kindsLabel} links=${links} />`;
}
