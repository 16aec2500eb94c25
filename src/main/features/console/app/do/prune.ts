import { useState } from "preact/hooks";
import { count, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Dialog, DialogButtons } from "../ui/dialog.ts";
import { send } from "./action.ts";
import type { Backup, Place } from "./backup.ts";

const T = TEXTS.do.prune;

interface Pruned {
  readonly kept: readonly Backup[];
  readonly removed: readonly Backup[];
}

/** Shows which backups would go, and removes them when that is agreed to. */
export function PruneButton({ place, done }: { readonly place: Place; readonly done: () => void }) {
  const [plan, setPlan] = useState<Pruned>();
  const close = () => setPlan(undefined);
  const prune = (dry: "0" | "1") => send<Pruned>("POST", `/admin/backups/prune?from=${place}&dry_run=${dry}`);
  const look = () => prune("1").then(setPlan, tellFailed);
  const remove = async () => {
    close();
    try {
      tellDone(T.removed((await prune("0")).removed.length));
      done();
    } catch (error) {
      tellFailed(error);
    }
  };
  return html`
    <button type="button" class="button" onClick=${look}>${T.look}</button>
    ${
      plan !== undefined &&
      html`<${Dialog} title=${T.title} close=${close}>
        <p>${plan.removed.length === 0 ? T.nothing(count(plan.kept.length)) : T.would(count(plan.removed.length), count(plan.kept.length))}</p>
        <ul class="plan-list">${plan.removed.map(({ id, created_at }) => html`<li key=${id}>${moment(created_at)}</li>`)}</ul>
        ${
          plan.removed.length === 0
            ? html`<div class="row dialog-buttons"><button type="button" class="button" onClick=${close}>${TEXTS.common.close}</button></div>`
            : html`<${DialogButtons} action=${T.remove} close=${close} act=${remove} danger />`
        }
      </${Dialog}>`
    }`;
}
