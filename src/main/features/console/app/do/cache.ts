import { bytes, count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { TEXTS } from "../texts.ts";
import { ActionButton, send } from "./action.ts";
import { Card } from "./card.ts";

const T = TEXTS.do.cache;

interface Cache {
  readonly enabled: boolean;
  readonly entries: Readonly<Record<string, number>>;
  readonly bytes: { readonly hot: number; readonly database: number };
  readonly stale_fills_dropped: number;
  readonly invalidations: Readonly<Record<string, number>>;
}

const sum = (numbers: Readonly<Record<string, number>>): number =>
  Object.values(numbers).reduce((all, one) => all + one, 0);

const factsOf = (cache: Cache): [string, string][] => [
  [T.enabled, cache.enabled ? T.on : T.off],
  [T.answers, count(sum(cache.entries))],
  [T.hot, bytes(cache.bytes.hot)],
  [T.database, bytes(cache.bytes.database)],
  [T.invalidations, count(sum(cache.invalidations))],
  [T.dropped, count(cache.stale_fills_dropped)],
];

export function CacheCard() {
  const cache = useResource<Cache>("/admin/cache");
  return html`<${Card} title=${T.title} text=${T.text} of=${cache} facts=${factsOf}>
    <${ActionButton} label=${T.clear} ask=${{ title: T.clearTitle, text: T.clearText }}
      act=${() => send("DELETE", "/admin/cache")} said=${() => T.cleared} after=${cache.reload} />
  </${Card}>`;
}
