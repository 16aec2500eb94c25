import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { TEXTS } from "../texts.ts";
import { Dialog, DialogButtons } from "../ui/dialog.ts";
import { type Entity, type Field, shown, type Values } from "./fields.ts";

const T = TEXTS.forms;

/** Somebody changed it meanwhile: each field that both changed is decided; what only they changed stays theirs. */
export function Conflict({
  fields,
  before,
  mine,
  theirs,
  busy,
  save,
  close,
}: {
  readonly fields: readonly Field[];
  readonly before: Values;
  readonly mine: Values;
  readonly theirs: Entity;
  readonly busy: boolean;
  readonly save: (changes: Values) => void;
  readonly close: () => void;
}) {
  const differing = fields.filter(({ name }) => name in mine && mine[name] !== theirs[name]);
  const onlyTheirs = fields.filter(
    ({ name }) => !(name in mine) && (before[name] ?? null) !== (theirs[name] ?? null),
  );
  const [takeTheirs, setTakeTheirs] = useState<ReadonlySet<string>>(new Set());
  const decide = (name: string, isTheirs: boolean) => {
    const next = new Set(takeTheirs);
    if (isTheirs) next.add(name);
    else next.delete(name);
    setTakeTheirs(next);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    save(
      Object.fromEntries(
        differing.filter(({ name }) => !takeTheirs.has(name)).map(({ name }) => [name, mine[name]]),
      ),
    );
  };
  return html`<${Dialog} title=${T.conflict} close=${close}>
    <form class="stack" onSubmit=${submit}>
      <p>${T.conflictText}</p>
      ${differing.map(
        (field) => html`<fieldset class="versions" key=${field.name}>
        <legend>${field.label}</legend>
        <${Version} name=${field.name} label=${T.yours} text=${shown(field, mine[field.name])} checked=${!takeTheirs.has(field.name)} choose=${() => decide(field.name, false)} />
        <${Version} name=${field.name} label=${T.theirs} text=${shown(field, theirs[field.name])} checked=${takeTheirs.has(field.name)} choose=${() => decide(field.name, true)} />
      </fieldset>`,
      )}
      ${onlyTheirs.map((field) => html`<p class="muted small" key=${field.name}>${T.alsoChanged(field.label)} <bdi>${shown(field, theirs[field.name]) || "–"}</bdi></p>`)}
      <${DialogButtons} action=${T.saveChosen} close=${close} busy=${busy} />
    </form>
  </${Dialog}>`;
}

function Version({
  name,
  label,
  text,
  checked,
  choose,
}: {
  readonly name: string;
  readonly label: string;
  readonly text: string;
  readonly checked: boolean;
  readonly choose: () => void;
}) {
  return html`<label class="check"><input type="radio" name=${name} checked=${checked} onChange=${choose} />
    <span><span class="muted small">${label}</span><br /><bdi>${text || "–"}</bdi></span></label>`;
}
