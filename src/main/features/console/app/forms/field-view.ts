import { useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import type { Page } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { Combobox, type Option, useSettled } from "../ui/combobox.ts";
import type { Field, Reference } from "./fields.ts";

const T = TEXTS.fields;

interface FieldProps {
  readonly field: Field;
  readonly text: string;
  readonly set: (text: string) => void;
  /** What the server says against it. */
  readonly problem?: string | undefined;
  /** The name of what a reference refers to at first. */
  readonly initialName?: string | null | undefined;
}

/** One field of a form, with its label and what is wrong with it. */
export function FieldView(props: FieldProps) {
  const { field, problem } = props;
  if (field.type === "flag") return html`<${Flag} ...${props} />`;
  return html`<label><span>${field.label}${field.required && html` <span class="muted">${T.required}</span>`}</span>
    <${Input} ...${props} />
    ${problem !== undefined && html`<span class="error">${problem}</span>`}
  </label>`;
}

function Flag({ field, text, set }: FieldProps) {
  const onChange = (event: Event) => set(String((event.target as HTMLInputElement).checked));
  return html`<label class="check"><input type="checkbox" checked=${text === "true"} onChange=${onChange} />${field.label}</label>`;
}

const KINDS = { text: "text", integer: "number", money: "number", date: "date", duration: "text" } as const;

function Input({ field, text, set, problem, initialName }: FieldProps) {
  const { type, required, max, options, reference } = field;
  const onInput = (event: Event) => set((event.target as HTMLInputElement).value);
  const common = {
    required,
    value: text,
    onInput,
    "aria-invalid": problem !== undefined,
    "aria-label": field.label,
  };
  if (type === "reference" && reference?.prefix !== undefined)
    return html`<${Lookup} field=${field} reference=${reference} set=${set} initialName=${initialName} />`;
  if (type === "reference") return html`<${Select} ...${common} reference=${reference} />`;
  if (type === "choice")
    return html`<select ...${common}>${Object.entries(options ?? {}).map(([value, name]) => html`<option key=${value} value=${value}>${name}</option>`)}</select>`;
  if (type === "long") return html`<textarea ...${common} rows="3" maxlength=${max} dir="auto"></textarea>`;
  const number =
    type === "integer" ? { min: 1, step: 1, max } : type === "money" ? { min: 0, step: 0.01 } : {};
  const hint = type === "duration" ? { placeholder: "4:07", pattern: "(\\d+:)?\\d+(\\.\\d{1,3})?" } : {};
  return html`<input ...${common} ...${number} ...${hint} type=${KINDS[type as keyof typeof KINDS]}
    maxlength=${type === "text" ? max : undefined} dir=${type === "text" ? "auto" : undefined} />`;
}

interface Named {
  readonly id: number;
  readonly name?: string;
  readonly title?: string;
  readonly artist_name?: string;
}

/** A short list, whole. */
function Select({ reference, value, ...rest }: { readonly reference: Reference; readonly value: string }) {
  const { data } = useResource<Page<Named>>(`${reference.path}?limit=100&sort=name`);
  return html`<select ...${rest} key=${data === undefined} value=${value}>
    <option value="">–</option>
    ${(data?.data ?? []).map(({ id, name }) => html`<option key=${id} value=${id} selected=${String(id) === value}>${name}</option>`)}
  </select>`;
}

/** A long list, found by the beginning of a name. */
function Lookup({
  field,
  reference,
  set,
  initialName,
}: Omit<FieldProps, "text"> & { readonly reference: Reference }) {
  const [text, setText] = useState(initialName ?? "");
  const prefix = useSettled(text).trim();
  const path = `${reference.path}?limit=8&${reference.prefix}=${encodeURIComponent(prefix.slice(0, 200))}`;
  const { data } = useResource<Page<Named>>(prefix === "" ? null : path, { keep: true });
  const options = (data?.data ?? []).map((named) => ({
    key: String(named.id),
    name: named.title ?? named.name ?? "",
    note: named.artist_name ?? `#${named.id}`,
  }));
  const onText = (next: string) => {
    setText(next);
    set("");
  };
  const choose = ({ key, name }: Option) => {
    setText(name);
    set(key);
  };
  return html`<${Combobox} label=${field.label} listLabel=${field.label} text=${text} required=${field.required}
    options=${prefix === "" ? [] : options} onText=${onText} onChoose=${choose} />`;
}
