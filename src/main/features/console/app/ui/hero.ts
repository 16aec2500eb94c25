import { type Content, html } from "../core/html.ts";

/** The head of a thing's page: its picture, kind, name, facts in a line, and what one can do with it. */
export function Hero({
  kind,
  title,
  picture,
  facts = [],
  children,
}: {
  readonly kind: string;
  readonly title: string;
  readonly picture: Content;
  readonly facts?: readonly Content[];
  readonly children?: Content;
}) {
  const shown = facts.filter((fact) => fact !== null && fact !== undefined && fact !== false);
  return html`<header class="hero">
    <div class="hero-picture">${picture}</div>
    <div class="hero-text">
      <p class="muted small">${kind}</p>
      <h1 dir="auto">${title}</h1>
      ${shown.length > 0 && html`<ul class="hero-facts">${shown.map((fact, i) => html`<li key=${i}>${fact}</li>`)}</ul>`}
      <div class="row hero-actions">${children}</div>
    </div>
  </header>`;
}
