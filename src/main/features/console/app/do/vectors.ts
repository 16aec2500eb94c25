import { count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useLive } from "../core/live.ts";
import { useResource } from "../core/resource.ts";
import { share } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { ActionButton, send } from "./action.ts";
import { Card } from "./card.ts";
import { useAfterJobs } from "./progress.ts";

const T = TEXTS.do.vectors;

interface Stats {
  readonly coverage: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, { readonly pending: number; readonly failed: number }>>;
}

const factsOf = ({ coverage, kinds }: Stats): [string, string][] =>
  Object.entries(coverage).map(([kind, part]) => {
    const { pending = 0, failed = 0 } = kinds[kind] ?? {};
    return [kind, [share(part), ...told(T.pending, pending), ...told(T.failed, failed)].join(", ")];
  });

const told = (text: (n: string) => string, n: number): string[] => (n === 0 ? [] : [text(count(n))]);

export function VectorsCard() {
  const stats = useResource<Stats>("/admin/vectors");
  const { jobs } = useLive();
  useAfterJobs(jobs, stats.reload);
  return html`<${Card} title=${T.title} text=${T.text} of=${stats} facts=${factsOf}>
    <${ActionButton} label=${T.generate} act=${() => send("POST", "/admin/vectors/generate")} said=${() => T.started} after=${stats.reload} />
  </${Card}>`;
}
