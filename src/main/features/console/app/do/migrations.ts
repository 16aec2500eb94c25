import { ago, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { ms } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { Loaded } from "../ui/states.ts";
import { DoPage } from "./frame.ts";

const T = TEXTS.do.migrations;

interface Migrations {
  readonly version: number;
  readonly data: readonly {
    readonly id: number;
    readonly name: string;
    readonly applied_at: string | null;
  }[];
  readonly history: readonly {
    readonly migration: string;
    readonly direction: "up" | "down";
    readonly finished_at: string;
    readonly milliseconds: number;
    readonly by: string;
  }[];
}

/** How far the schema is. A server cannot change it while it serves: the commands that do are named. */
export default function MigrationsPage() {
  const migrations = useResource<Migrations>("/admin/migrations");
  return html`<${DoPage} title=${T.title}>
    <p class="muted">${T.text} <code>chinook migrate up</code> ${T.and} <code>chinook migrate down --yes</code>.</p>
    <${Loaded} of=${migrations} lines=${12}>${(data: Migrations) => html`<${Shown} of=${data} />`}</${Loaded}>
  </${DoPage}>`;
}

function Shown({ of: { version, data, history } }: { readonly of: Migrations }) {
  const pending = data.filter(({ applied_at }) => applied_at === null).length;
  return html`
    <p><b>${T.version(version)}</b> <span class="muted">${pending === 0 ? T.complete : T.pending(pending)}</span></p>
    <div class="columns">
      <section class="card"><h2>${T.migrations}</h2><div class="table-scroll" tabindex="0"><table class="plain">
        <thead><tr><th class="number">${T.number}</th><th>${T.name}</th><th>${T.applied}</th></tr></thead>
        <tbody>${data.toReversed().map(
          ({
            id,
            name,
            applied_at,
          }) => html`<tr key=${id}><td class="number">${id}</td><td>${name.slice(5).replaceAll("_", " ")}</td>
            <td>${applied_at === null ? html`<span class="chip warn">${T.notYet}</span>` : html`<time datetime=${applied_at} title=${moment(applied_at)}>${ago(applied_at)}</time>`}</td></tr>`,
        )}</tbody>
      </table></div></section>
      <section class="card"><h2>${T.history}</h2><div class="table-scroll" tabindex="0"><table class="plain">
        <thead><tr><th>${T.name}</th><th>${T.direction}</th><th>${T.when}</th><th class="number">${T.took}</th><th>${T.by}</th></tr></thead>
        <tbody>${history.map(
          (
            { migration, direction, finished_at, milliseconds, by },
            i,
          ) => html`<tr key=${i}><td>${migration.slice(5).replaceAll("_", " ")}</td><td>${direction}</td>
            <td><time datetime=${finished_at} title=${moment(finished_at)}>${ago(finished_at)}</time></td><td class="number">${ms(milliseconds)}</td><td>${by}</td></tr>`,
        )}</tbody>
      </table></div></section>
    </div>`;
}
