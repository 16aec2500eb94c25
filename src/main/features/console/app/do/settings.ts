import { useState } from "preact/hooks";
import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { TEXTS } from "../texts.ts";
import { Loaded } from "../ui/states.ts";
import { DoPage } from "./frame.ts";

const T = TEXTS.do.settings;

interface Setting {
  readonly name: string;
  readonly flag: string;
  readonly value: string;
  readonly source: keyof typeof T.sources;
  readonly default: string;
  readonly expects: string;
  readonly help: string;
}

/** Every setting as it is, and where it came from. */
export default function SettingsPage() {
  const settings = useResource<{ data: readonly Setting[] }>("/admin/settings");
  const [given, setGiven] = useState(false);
  const [text, setText] = useState("");
  const fits = ({ name, help, source }: Setting) =>
    (!given || source !== "default") && `${name} ${help}`.toLowerCase().includes(text.toLowerCase());
  return html`<${DoPage} title=${T.title}>
    <p class="muted">${T.text}</p>
    <div class="row settings-filter">
      <label><span class="hidden-text">${T.filter}</span><input type="search" placeholder=${T.filter} value=${text}
        onInput=${(event: Event) => setText((event.target as HTMLInputElement).value)} /></label>
      <label class="check"><input type="checkbox" checked=${given} onChange=${() => setGiven(!given)} /> ${T.onlyGiven}</label>
    </div>
    <${Loaded} of=${settings} lines=${12}>${({ data }: { data: readonly Setting[] }) => {
      const shown = data.filter(fits);
      return html`<p class="muted small" role="status">${T.shown(count(shown.length), count(data.length))}</p>
        <ul class="settings">${shown.map((setting) => html`<${Line} key=${setting.name} setting=${setting} />`)}</ul>`;
    }}</${Loaded}>
  </${DoPage}>`;
}

function Line({ setting }: { readonly setting: Setting }) {
  const { name, flag, value, source, expects, help } = setting;
  return html`<li data-source=${source}>
    <div><code class="setting-name">${name}</code><p class="muted small">${help}</p></div>
    <div class="setting-value"><code>${value === "" ? T.empty : value}</code>
      <span class="chip" data-source=${source}>${T.sources[source]}</span></div>
    <details class="small muted"><summary>${T.how}</summary><p><code>${flag}</code> · ${expects} · ${T.default} <code>${setting.default === "" ? T.empty : setting.default}</code></p></details>
  </li>`;
}
