import { html } from "../core/html.ts";
import { hasAccounts } from "../core/session.ts";
import { TEXTS } from "../texts.ts";
import { SubNav } from "../ui/sub-nav.ts";

const T = TEXTS.do.nav;

const ALWAYS = [
  { href: "/console/do", name: T.maintenance },
  { href: "/console/do/jobs", name: T.jobs },
  { href: "/console/do/backups", name: T.backups },
  { href: "/console/do/migrations", name: T.migrations },
  { href: "/console/do/settings", name: T.settings },
];

const WITH_ACCOUNTS = [
  { href: "/console/do/users", name: T.users },
  { href: "/console/do/keys", name: T.keys },
  { href: "/console/do/sessions", name: T.sessions },
  { href: "/console/do/audit", name: T.audit },
];

export const DoNav = () =>
  html`<${SubNav} label=${T.label} links=${hasAccounts ? [...ALWAYS, ...WITH_ACCOUNTS] : ALWAYS} />`;
