import { type ScenarioName, scenarioOf } from "../scenarios/index.ts";
import { escapeText } from "./charts.ts";

export type Cell = string | { readonly text: string; readonly kind: string };

/** The first column is left-aligned, the others right-aligned. */
export function table(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const cell = (value: Cell) =>
    typeof value === "string"
      ? `<td>${escapeText(value)}</td>`
      : `<td class="${value.kind}">${escapeText(value.text)}</td>`;
  const head = heads.map((text) => `<th>${escapeText(text)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(cell).join("")}</tr>`).join("");
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

export const scenarioHead = (name: ScenarioName): string =>
  `<h3>${name} <small>${escapeText(scenarioOf(name).title)}</small></h3>`;
