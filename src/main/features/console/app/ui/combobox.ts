import type { RefObject } from "preact";
import { useEffect, useId, useState } from "preact/hooks";
import { html } from "../core/html.ts";

export interface Option {
  readonly key: string;
  readonly name: string;
  /** What tells it from another of the same name. */
  readonly note?: string;
}

/** The text that was typed, once nobody has typed for a moment: what the server is asked for. */
export function useSettled(text: string, ms = 120): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), ms);
    return () => clearTimeout(timer);
  }, [text, ms]);
  return settled;
}

interface ComboboxProps<T extends Option> {
  readonly label: string;
  readonly listLabel: string;
  readonly placeholder?: string;
  readonly text: string;
  readonly type?: "search" | "text";
  readonly required?: boolean;
  readonly options: readonly T[];
  readonly field?: RefObject<HTMLInputElement>;
  readonly onText: (text: string) => void;
  readonly onChoose: (option: T) => void;
  readonly onFocus?: (focused: boolean) => void;
}

/** A text field with a list of what may be meant: arrow keys move in it, Enter takes one, Escape closes it. */
export function Combobox<T extends Option>(props: ComboboxProps<T>) {
  const { label, listLabel, text, options, field, onText, onChoose, onFocus } = props;
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const id = useId();
  const shown = open ? options : [];
  const close = () => {
    setOpen(false);
    setActive(-1);
  };
  const choose = (option: T) => {
    close();
    onChoose(option);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = shown[active];
    if (step !== undefined && shown.length > 0) {
      event.preventDefault();
      setActive((now) => ((now + 1 + step + shown.length + 1) % (shown.length + 1)) - 1);
    } else if (event.key === "Enter" && chosen !== undefined) {
      event.preventDefault();
      choose(chosen);
    } else if (event.key === "Escape" && shown.length > 0) {
      event.preventDefault();
      close();
    } else if (event.key === "Enter") close();
  };
  const focused = (now: boolean) => () => {
    if (now) setOpen(true);
    else close();
    onFocus?.(now);
  };
  return html`<span class="combobox">
    <input ref=${field} type=${props.type ?? "text"} role="combobox" aria-label=${label} placeholder=${props.placeholder} maxlength="300"
      required=${props.required} aria-expanded=${shown.length > 0} aria-controls=${`${id}-list`} aria-autocomplete="list" autocomplete="off"
      aria-activedescendant=${active < 0 ? undefined : `${id}-${active}`} spellcheck=${false} dir="auto"
      value=${text} onKeyDown=${onKeyDown} onFocus=${focused(true)} onBlur=${focused(false)}
      onInput=${(event: Event) => {
        setOpen(true);
        setActive(-1);
        onText((event.target as HTMLInputElement).value);
      }} />
    <ul id=${`${id}-list`} role="listbox" aria-label=${listLabel} hidden=${shown.length === 0}>
      ${shown.map(
        (
          option,
          i,
        ) => html`<li role="option" key=${option.key} id=${`${id}-${i}`} aria-selected=${i === active}
          onPointerDown=${(event: Event) => event.preventDefault()} onClick=${() => choose(option)}>
          <bdi>${option.name}</bdi>${option.note && html`<span class="muted small">${option.note}</span>`}
        </li>`,
      )}
    </ul>
  </span>`;
}
