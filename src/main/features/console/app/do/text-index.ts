import { bytes, count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { ms } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { ActionButton, send } from "./action.ts";
import { Card } from "./card.ts";

const T = TEXTS.do.textIndex;

interface Stats {
  readonly tracks: number;
  readonly indexed: number;
  readonly words: number;
  readonly segments: number;
  readonly index_bytes: number;
}

interface Validation {
  readonly ok: boolean;
  readonly defects: Readonly<Record<string, { readonly count: number }>>;
}

const factsOf = (stats: Stats): [string, string][] => [
  [T.indexed, T.of(count(stats.indexed), count(stats.tracks))],
  [T.words, count(stats.words)],
  [T.size, bytes(stats.index_bytes)],
  [T.segments, count(stats.segments)],
];

function found({ ok, defects }: Validation): string {
  const all = Object.entries(defects).filter(([, { count: times }]) => times > 0);
  return ok ? T.valid : T.invalid(all.map(([name, { count: times }]) => `${times} ${name}`).join(", "));
}

export function TextIndexCard() {
  const stats = useResource<Stats>("/admin/fts/stats");
  const took = ({ ms: time }: { readonly ms: number }) => ms(time);
  return html`<${Card} title=${T.title} text=${T.text} of=${stats} facts=${factsOf}>
    <${ActionButton} label=${T.validate} act=${() => send("POST", "/admin/fts/validate")} said=${found} />
    <${ActionButton} label=${T.optimize} act=${() => send("POST", "/admin/fts/optimize")}
      said=${(done: { ms: number }) => T.optimized(took(done))} after=${stats.reload} />
    <${ActionButton} label=${T.rebuild} ask=${{ title: T.rebuildTitle, text: T.rebuildText }}
      act=${() => send("POST", "/admin/fts/rebuild")} said=${(done: { ms: number }) => T.rebuilt(took(done))} after=${stats.reload} />
  </${Card}>`;
}
