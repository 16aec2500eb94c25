import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";

const T = TEXTS.sql;

export interface QueryPlan {
  /** SQLite's own words, a line for each step. */
  readonly steps: readonly string[];
  readonly findings: readonly {
    readonly kind: keyof typeof T.findings;
    readonly table: string | null;
    readonly rows: number | null;
    readonly step: string;
  }[];
}

/** How SQLite runs it, and what in that costs much. */
export function Plan({ plan: { steps, findings } }: { readonly plan: QueryPlan }) {
  return html`<section class="part">
    <h2>${T.plan}</h2>
    <ol class="plan">${steps.map((step, i) => html`<li key=${i}><code>${step}</code></li>`)}</ol>
    ${findings.length > 0 && html`<ul class="stack small">${findings.map(({ kind, table, rows }, i) => html`<li key=${i} class="finding">${T.findings[kind] ?? kind}${table !== null && html` <code>${table}</code>`}${rows !== null && ` (${T.rowCount(rows)})`}</li>`)}</ul>`}
  </section>`;
}
