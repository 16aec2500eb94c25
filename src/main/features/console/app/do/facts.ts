import { html } from "../core/html.ts";

/** Names and values. */
export const FactList = ({ facts }: { readonly facts: readonly (readonly [string, string])[] }) =>
  html`<dl class="facts">${facts.map(
    ([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
