import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";

export default function Home() {
  return html`<h1>${TEXTS.shell.listen}</h1>`;
}
