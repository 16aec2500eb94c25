import { html } from "../core/html.ts";

/** One of a few, as buttons side by side; with `tabs` as large as the part that they change. */
export function Choice<T extends string>({
  label,
  options,
  names,
  value,
  choose,
  tabs = false,
}: {
  readonly label: string;
  readonly options: readonly T[];
  readonly names: Readonly<Record<T, string>>;
  readonly value: T;
  readonly choose: (value: T) => void;
  readonly tabs?: boolean;
}) {
  return html`<div class="choice" data-tabs=${tabs ? "" : undefined} role="group" aria-label=${label}>
    ${options.map(
      (option) =>
        html`<button type="button" key=${option} aria-pressed=${option === value} onClick=${() => choose(option)}>${names[option]}</button>`,
    )}
  </div>`;
}
