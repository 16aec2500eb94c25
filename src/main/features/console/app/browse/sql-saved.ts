import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";

const T = TEXTS.sql;
const KEY = "chinook.queries";
const MOST = 100;

interface Saved {
  readonly name: string;
  readonly sql: string;
}

function kept(): readonly Saved[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(read)
      ? read.filter(({ name, sql }) => typeof name === "string" && typeof sql === "string")
      : [];
  } catch {
    return [];
  }
}

/** Statements by name, in this browser. */
export function SavedQueries({ sql, open }: { readonly sql: string; readonly open: (sql: string) => void }) {
  const [saved, setSaved] = useState(kept);
  const keep = (next: readonly Saved[]) => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setSaved(next);
  };
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const name = String(new FormData(form).get("name")).trim();
    keep([{ name, sql }, ...saved.filter((other) => other.name !== name)].slice(0, MOST));
    form.reset();
  };
  return html`<section class="saved" aria-label=${T.saved}>
    <form class="row" onSubmit=${save}>
      <input name="name" required maxlength="60" pattern=".*\\S.*" aria-label=${T.nameIt} placeholder=${T.nameIt} />
      <button class="button">${T.saveIt}</button>
      ${saved.map(
        ({ name, sql: text }) => html`<span class="chip" key=${name}>
        <button type="button" class="link" onClick=${() => open(text)}><bdi>${name}</bdi></button>
        <button type="button" class="chip-button" aria-label=${T.forget(name)} onClick=${() => keep(saved.filter((other) => other.name !== name))}><${Icon} name="close" /></button>
      </span>`,
      )}
    </form>
  </section>`;
}

/** The tables, the large ones first; one opens its first rows. */
export function TableNames({ open }: { readonly open: (sql: string) => void }) {
  const { data } = useResource<{ tables: readonly { name: string; rows: number | null }[] }>("/admin/tables");
  return html`<details class="filters"><summary>${T.tables}</summary><div class="row">
    ${(data?.tables ?? []).map(({ name, rows }) => html`<button type="button" class="chip" key=${name} onClick=${() => open(`SELECT * FROM "${name}" LIMIT 100`)}>${name}${rows !== null && html`<span class="count">${rows.toLocaleString("en")}</span>`}</button>`)}
  </div></details>`;
}
