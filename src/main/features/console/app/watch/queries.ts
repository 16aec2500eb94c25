import { ago, count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { navigate, usePlace, withQuery } from "../core/router.ts";
import { ms } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { Choice } from "../ui/choice.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { Advice } from "./advice.ts";
import { WatchNav } from "./nav.ts";

const T = TEXTS.watch.queries;

interface Finding {
  readonly kind: keyof typeof T.findings;
  readonly table: string | null;
  readonly rows: number | null;
  readonly step: string;
}

interface Statement {
  readonly id: string;
  readonly read: string | null;
  readonly sql: string;
  readonly count: number;
  readonly failures: number;
  readonly total_ms: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
  readonly plan: { readonly steps: readonly string[]; readonly findings: readonly Finding[] };
}

interface Slow {
  readonly since: string;
  readonly data: readonly Statement[];
}

const ORDERS = {
  total: ({ total_ms }: Statement) => total_ms,
  p99: ({ p99_ms }: Statement) => p99_ms,
  max: ({ max_ms }: Statement) => max_ms,
  count: ({ count }: Statement) => count,
} as const;
type Order = keyof typeof ORDERS;
const NAMES = Object.keys(ORDERS) as Order[];

/** The statements that cost most, with their plans and what would make them faster. */
export default function QueriesPage() {
  const given = usePlace().query.get("sort") as Order;
  const order = NAMES.includes(given) ? given : "total";
  const slow = useResource<Slow>("/admin/queries/slow?limit=50");
  return html`<div class="page stack">
    <div class="row page-head"><h1>${T.title}</h1>
      <${Choice} label=${T.sort} options=${NAMES} names=${T.sorts} value=${order}
        choose=${(sort: Order) => navigate(withQuery({ sort }), { replace: true })} />
      <button type="button" class="button" disabled=${slow.loading} onClick=${slow.reload}>${TEXTS.watch.health.again}</button>
    </div>
    <${WatchNav} />
    <${Loaded} of=${slow} lines=${12}>${(data: Slow) => html`<${Statements} slow=${data} order=${order} />`}</${Loaded}>
  </div>`;
}

function Statements({ slow: { since, data }, order }: { readonly slow: Slow; readonly order: Order }) {
  const of = ORDERS[order];
  const sorted = data.toSorted((a, b) => of(b) - of(a));
  const most = Math.max(...sorted.map(of), 1e-9);
  if (data.length === 0) return html`<${Empty} text=${T.none} />`;
  return html`
    <p class="muted">${T.since(ago(since))}</p>
    <ol class="statements">${sorted.map(
      (statement) =>
        html`<${Line} key=${statement.id} statement=${statement} part=${of(statement) / most} />`,
    )}</ol>
  `;
}

function Line({ statement, part }: { readonly statement: Statement; readonly part: number }) {
  const { id, read, sql, plan } = statement;
  const kinds = [...new Set(plan.findings.map(({ kind }) => kind))];
  return html`<li><details class="statement card">
    <summary>
      <span class="statement-name"><code>${read ?? briefOf(sql)}</code> ${kinds.map(
        (kind) => html`<span class="chip warn" key=${kind}>${T.findings[kind]}</span>`,
      )}</span>
      <meter class="part-of-most" value=${part} min="0" max="1" aria-hidden="true"></meter>
      <${Figures} statement=${statement} />
    </summary>
    <div class="stack statement-body">
      ${
        plan.findings.length > 0 &&
        html`<ul class="findings">${plan.findings.map(
          (finding, i) => html`<li key=${i}>${told(finding)} <code class="muted">${finding.step}</code></li>`,
        )}</ul>`
      }
      <h2>${T.plan}</h2><pre class="plan" tabindex="0">${plan.steps.join("\n")}</pre>
      <h2>${T.sql}</h2><pre class="sql" tabindex="0">${sql}</pre>
      <${Advice} id=${id} />
    </div>
  </details></li>`;
}

/** A statement of commands has no name: how it begins. */
const briefOf = (sql: string): string => (sql.length > 52 ? `${sql.slice(0, 50)}…` : sql);

const told = ({ kind, table, rows }: Finding): string =>
  [T.findings[kind], table, rows === null ? "" : T.rows(count(rows))].filter((part) => part).join(" · ");

function Figures({ statement }: { readonly statement: Statement }) {
  const { count: times, failures, total_ms, p50_ms, p99_ms, max_ms } = statement;
  const shown = [
    [T.total, ms(total_ms)],
    [T.count, count(times)],
    [T.p50, ms(p50_ms)],
    [T.p99, ms(p99_ms)],
    [T.max, ms(max_ms)],
    ...(failures > 0 ? [[T.failed, count(failures)]] : []),
  ];
  return html`<span class="figures">${shown.map(
    ([label, value]) => html`<span key=${label}><span class="muted">${label}</span> <b>${value}</b></span>`,
  )}</span>`;
}
