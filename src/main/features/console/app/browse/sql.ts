import { useRef, useState } from "preact/hooks";
import { Problem, request } from "../core/api.ts";
import { html } from "../core/html.ts";
import { hasAccounts, may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";
import { Empty } from "../ui/states.ts";
import { BrowseNav } from "./nav.ts";
import { Plan, type QueryPlan } from "./sql-plan.ts";
import { Result, type SqlResult } from "./sql-result.ts";
import { SavedQueries, TableNames } from "./sql-saved.ts";

const T = TEXTS.sql;
const LIMITS = [100, 1_000, 10_000] as const;
const KEY = "chinook.sql";
const FIRST =
  "SELECT g.name, count(*) AS tracks\nFROM tracks t JOIN genres g ON g.id = t.genre_id\nGROUP BY g.id ORDER BY tracks DESC";

interface Ran {
  readonly result?: SqlResult;
  readonly plan?: QueryPlan;
  readonly problem?: Problem;
}

/** SQL that reads, for operators: the server bounds its time, its rows and its memory. */
export default function Sql() {
  const there = useStore(session);
  if (!may("operate", there))
    return html`<h1>SQL</h1><${Empty} text=${hasAccounts && there.person === null ? TEXTS.errors.signInFirst : TEXTS.errors.forbidden} />`;
  return html`<${Editor} />`;
}

function Editor() {
  const [sql, setSql] = useState(localStorage.getItem(KEY) ?? FIRST);
  const [limit, setLimit] = useState<number>(LIMITS[1]);
  const [running, setRunning] = useState<AbortController>();
  const [ran, setRan] = useState<Ran>({});
  const field = useRef<HTMLTextAreaElement>(null);
  const run = async (event?: Event) => {
    event?.preventDefault();
    const stop = new AbortController();
    localStorage.setItem(KEY, sql);
    setRunning(stop);
    setRan(await execute(sql, limit, stop.signal));
    setRunning(undefined);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run(event);
  };
  const open = (text: string) => {
    setSql(text);
    field.current?.focus();
  };
  return html`<${BrowseNav} /><h1>SQL</h1>
    <p class="muted lead">${T.lead}</p>
    <form class="stack" onSubmit=${run}>
      <textarea ref=${field} class="code" rows="7" maxlength="100000" required spellcheck=${false} aria-label=${T.statement} value=${sql}
        onInput=${(event: Event) => setSql((event.target as HTMLTextAreaElement).value)} onKeyDown=${onKeyDown}></textarea>
      <div class="row">
        <button class="button primary" disabled=${running !== undefined}>${running === undefined ? T.run : TEXTS.common.loading}</button>
        ${running !== undefined && html`<button type="button" class="button" onClick=${() => running.abort()}>${TEXTS.common.cancel}</button>`}
        <kbd class="muted">${T.shortcut}</kbd>
        <label class="inline">${T.limit}<select onChange=${(event: Event) => setLimit(Number((event.target as HTMLSelectElement).value))}>
          ${LIMITS.map((many) => html`<option key=${many} value=${many} selected=${many === limit}>${many.toLocaleString("en")}</option>`)}
        </select></label>
      </div>
    </form>
    <${SavedQueries} sql=${sql} open=${open} />
    <${TableNames} open=${open} />
    ${ran.problem && html`<div class="failure" role="alert"><strong>${ran.problem.message}</strong><p>${ran.problem.detail}</p></div>`}
    ${
      (ran.result ?? ran.plan) &&
      html`<div class="sql-answer">
      ${ran.result && html`<${Result} result=${ran.result} />`}
      ${ran.plan && html`<${Plan} plan=${ran.plan} />`}
    </div>`
    }`;
}

/** Runs it and asks for its plan. A statement that was given up has neither. */
async function execute(sql: string, limit: number, signal: AbortSignal): Promise<Ran> {
  const ask = <A>(path: string, body: object) => request<A>(path, { method: "POST", body, signal });
  const [result, plan] = await Promise.allSettled([
    ask<SqlResult>("/admin/sql", { sql, limit }),
    ask<QueryPlan>("/admin/explain", { sql }),
  ]);
  if (signal.aborted) return {};
  const problem =
    result.status === "rejected" && result.reason instanceof Problem ? result.reason : undefined;
  return {
    ...(result.status === "fulfilled" ? { result: result.value.data } : {}),
    ...(plan.status === "fulfilled" ? { plan: plan.value.data } : {}),
    ...(problem === undefined ? {} : { problem }),
  };
}
