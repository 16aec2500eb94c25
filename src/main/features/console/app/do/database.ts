import { bytes, count } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { ms } from "../core/units.ts";
import { TEXTS } from "../texts.ts";
import { ActionButton, send } from "./action.ts";
import { Card } from "./card.ts";

const T = TEXTS.do.database;

interface Tables {
  readonly bytes: number;
  readonly free_bytes: number;
  readonly vacuum_bytes: number;
  readonly tables: readonly unknown[];
}

const factsOf = (tables: Tables): [string, string][] => [
  [T.size, bytes(tables.bytes)],
  [T.free, bytes(tables.free_bytes)],
  [T.vacuum, bytes(tables.vacuum_bytes)],
  [T.tables, count(tables.tables.length)],
];

interface Checkpoint {
  readonly complete: boolean;
  readonly ms: number;
}

export function DatabaseCard() {
  const tables = useResource<Tables>("/admin/tables");
  return html`<${Card} title=${T.title} text=${T.text} of=${tables} facts=${factsOf}>
    <${ActionButton} label=${T.checkpoint} act=${() => send("POST", "/admin/checkpoint")}
      said=${(done: Checkpoint) => (done.complete ? T.checkpointed(ms(done.ms)) : T.blocked)} after=${tables.reload} />
    <${ActionButton} label=${T.optimize} act=${() => send("POST", "/admin/optimize")}
      said=${(done: { ms: number }) => T.optimized(ms(done.ms))} />
  </${Card}>`;
}
