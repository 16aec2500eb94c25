import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";

export type Status = "ok" | "warn" | "fail";

/** How something is, in a word and a colour. */
export const StatusChip = ({ status }: { readonly status: Status }) =>
  html`<span class="status" data-status=${status}><${Icon} name=${status === "ok" ? "check" : "warning"} />${TEXTS.watch.status[status]}</span>`;
