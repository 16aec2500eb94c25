import { useState } from "preact/hooks";
import { download, type Sheet, toCsv, toJson } from "../core/download.ts";
import { html } from "../core/html.ts";
import { tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "./icon.ts";

const FORMATS = {
  csv: { type: "text/csv", text: toCsv },
  json: { type: "application/json", text: toJson },
} as const;

/** Takes a table away as CSV or JSON. */
export function DownloadButtons({
  name,
  sheet,
}: {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly sheet: () => Sheet | Promise<Sheet>;
}) {
  const [busy, setBusy] = useState(false);
  const save = async (format: keyof typeof FORMATS) => {
    setBusy(true);
    try {
      const { type, text } = FORMATS[format];
      download(`${name}.${format}`, type, text(await sheet()));
    } catch (error) {
      tellFailed(error);
    }
    setBusy(false);
  };
  return html`${(["csv", "json"] as const).map(
    (
      format,
    ) => html`<button type="button" key=${format} class="button" disabled=${busy} title=${TEXTS.browse.download(format.toUpperCase())} onClick=${() => save(format)}>
      <${Icon} name="download" /> ${format.toUpperCase()}</button>`,
  )}`;
}
