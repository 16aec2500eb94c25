import { useEffect, useRef } from "preact/hooks";
import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import type { Job, Jobs } from "../core/vitals.ts";
import { TEXTS } from "../texts.ts";
import { ActionButton, send } from "./action.ts";

const T = TEXTS.do.jobs;

/** Reads anew whenever a job has ended. */
export function useAfterJobs({ ended }: Jobs, reload: () => void): void {
  const before = useRef(ended);
  useEffect(() => {
    if (before.current !== ended) reload();
    before.current = ended;
  }, [ended]);
}

/** Jobs that run, as far as they are. */
export function Running({ jobs }: { readonly jobs: readonly Job[] }) {
  return html`<div class="stack" aria-live="polite">${jobs.map((job) => html`<${Progress} key=${job.id} job=${job} />`)}</div>`;
}

function Progress({
  job: { id, kind, phase, done, total, expected_at, cancellable },
}: {
  readonly job: Job;
}) {
  const left = expected_at === null ? null : Math.max(0, (Date.parse(expected_at) - Date.now()) / 1_000);
  return html`<div class="card job">
    <div class="row"><code>${kind}</code><span class="muted">${phase ?? ""}</span>
      <span class="muted small job-done">${total === null ? count(done) : T.of(count(done), count(total))}${left !== null && ` · ${T.left(left)}`}</span>
      ${
        cancellable &&
        html`<${ActionButton} label=${T.cancel} ask=${{ title: T.cancelTitle(kind), text: T.cancelText }}
          act=${() => send("DELETE", `/admin/jobs/${id}`)} said=${() => T.cancelled} />`
      }
    </div>
    <progress aria-label=${kind} ...${total === null || total === 0 ? {} : { value: done, max: total }}></progress>
  </div>`;
}
