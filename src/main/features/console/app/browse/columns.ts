import { html } from "../core/html.ts";
import { type Store, store, useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "../ui/icon.ts";
import type { Column, Kind } from "./kinds.ts";

const KEY = "chinook.columns.";
const chosen = new Map<string, Store<readonly string[]>>();

/** The names of the columns that this browser shows of a kind. */
function chosenOf({ name, columns }: Kind): Store<readonly string[]> {
  const known = chosen.get(name);
  if (known !== undefined) return known;
  const kept = localStorage.getItem(KEY + name)?.split(",");
  const made = store<readonly string[]>(
    kept ?? columns.filter(({ hidden }) => !hidden).map((column) => column.name),
  );
  chosen.set(name, made);
  return made;
}

/** In the kind's order, whatever the order in which they were chosen. */
export function useColumns(kind: Kind): readonly Column[] {
  const names = new Set(useStore(chosenOf(kind)));
  return kind.columns.filter(({ name }) => names.has(name));
}

export function ColumnChoice({ kind, shown }: { readonly kind: Kind; readonly shown: readonly Column[] }) {
  const set = (name: string, wanted: boolean) => {
    const names = shown.map((column) => column.name).filter((other) => other !== name);
    const next = wanted ? [...names, name] : names;
    if (next.length === 0) return;
    localStorage.setItem(KEY + kind.name, next.join(","));
    chosenOf(kind).set(next);
  };
  return html`<details class="menu">
    <summary class="button"><${Icon} name="columns" /> ${TEXTS.browse.columnsLabel}</summary>
    <div class="menu-body">${kind.columns.map(
      ({ name, label }) => html`<label class="check" key=${name}>
      <input type="checkbox" checked=${shown.some((column) => column.name === name)} onChange=${(event: Event) => set(name, (event.target as HTMLInputElement).checked)} />${label}</label>`,
    )}
    </div>
  </details>`;
}
