import { useState } from "preact/hooks";
import { type Answer, Problem, request } from "../core/api.ts";
import { html } from "../core/html.ts";
import { tellDone } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Dialog, DialogButtons } from "../ui/dialog.ts";
import { Conflict } from "./conflict.ts";
import { FieldView } from "./field-view.ts";
import { type EditableKind, type Entity, FIELDS, type Field, parsed, shown, type Values } from "./fields.ts";

const T = TEXTS.forms;

/** An entity as it was read, with the tag that a change of it must name. */
type Version = Pick<Answer<Entity>, "data" | "etag">;

interface FormProps {
  readonly kind: EditableKind;
  /** What is changed; without it something is created. */
  readonly version?: Version;
  /** Values of a new one, such as the artist on whose page it is added. */
  readonly initial?: Values;
  readonly close: () => void;
  readonly done: (entity: Entity) => void;
}

/** Creates or changes an entity. When somebody changed it meanwhile, both versions are shown. */
export function EntityForm({ kind, version, initial = {}, close, done }: FormProps) {
  const fields: readonly Field[] = FIELDS[kind];
  const before: Values = version?.data ?? initial;
  const [texts, setTexts] = useState(() =>
    Object.fromEntries(fields.map((field) => [field.name, shown(field, before[field.name])])),
  );
  const [problem, setProblem] = useState<Problem>();
  const [theirs, setTheirs] = useState<Version>();
  const [busy, setBusy] = useState(false);
  const mine = changesOf(fields, texts, before, version === undefined);
  const save = async (changes: Values, etag: string | null | undefined) => {
    setBusy(true);
    setProblem(undefined);
    try {
      const { data } = await send(kind, version, changes, etag);
      tellDone(version === undefined ? T.created : T.saved);
      done(data);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 412) setTheirs(await request<Entity>(`/v1/${kind}/${version!.data.id}`));
      else setProblem(error);
    }
    setBusy(false);
  };
  const submit = (event: Event) => {
    event.preventDefault();
    if (Object.keys(mine).length === 0) close();
    else void save(mine, version?.etag);
  };
  const title = version === undefined ? T.newOne(T.kinds[kind]) : T.change(T.kinds[kind]);
  if (theirs !== undefined)
    return html`<${Conflict} fields=${fields} before=${before} mine=${mine} theirs=${theirs.data} busy=${busy} close=${close}
      save=${(changes: Values) => (Object.keys(changes).length === 0 ? done(theirs.data) : save(changes, theirs.etag))} />`;
  return html`<${Dialog} title=${title} close=${close}>
    <form class="stack" onSubmit=${submit}>
      ${fields.map(
        (field) => html`<${FieldView} key=${field.name} field=${field} text=${texts[field.name]}
        problem=${problemOf(problem, field.name)} initialName=${before[field.reference?.shownAs ?? ""]}
        set=${(text: string) => setTexts((now) => ({ ...now, [field.name]: text }))} />`,
      )}
      ${problem !== undefined && html`<p class="error" role="alert">${problem.message}. ${problem.detail}</p>`}
      <${DialogButtons} action=${TEXTS.common.save} close=${close} busy=${busy} />
    </form>
  </${Dialog}>`;
}

const send = (
  kind: EditableKind,
  version: Version | undefined,
  body: Values,
  etag: string | null | undefined,
): Promise<Answer<Entity>> =>
  version === undefined
    ? request(`/v1/${kind}`, { method: "POST", body, idempotencyKey: crypto.randomUUID() })
    : request(`/v1/${kind}/${version.data.id}`, { method: "PATCH", body, ifMatch: etag ?? null });

/** The fields that say something else than before; of a new entity those that say anything. */
function changesOf(
  fields: readonly Field[],
  texts: Readonly<Record<string, string>>,
  before: Values,
  isNew: boolean,
): Values {
  const values = fields.map((field) => [field.name, parsed(field, texts[field.name]!)] as const);
  const said = (name: string, value: unknown) => (isNew ? value !== null : value !== (before[name] ?? null));
  const flags = new Set(fields.filter(({ type }) => type === "flag").map(({ name }) => name));
  return Object.fromEntries(
    values.filter(
      ([name, value]) => said(name, value) && !(flags.has(name) && value === (before[name] ?? false)),
    ),
  );
}

/** What the server says against one field. */
const problemOf = (problem: Problem | undefined, name: string): string | undefined =>
  problem?.errors.find(({ pointer }) => pointer === `/${name}`)?.detail;
