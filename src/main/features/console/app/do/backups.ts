import { useState } from "preact/hooks";
import { ago, bytes, count, moment } from "../core/format.ts";
import { html } from "../core/html.ts";
import { useLive } from "../core/live.ts";
import { useResource } from "../core/resource.ts";
import { TEXTS } from "../texts.ts";
import { Choice } from "../ui/choice.ts";
import { Icon } from "../ui/icon.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { ActionButton, send } from "./action.ts";
import type { Backup, Place } from "./backup.ts";
import { DoPage } from "./frame.ts";
import { Running, useAfterJobs } from "./progress.ts";
import { PruneButton } from "./prune.ts";

const T = TEXTS.do.backups;

const PLACES: readonly Place[] = ["folder", "bucket"];

interface Settings {
  readonly data: readonly { readonly name: string; readonly value: string }[];
}

export default function BackupsPage() {
  const [place, setPlace] = useState<Place>("folder");
  const settings = useResource<Settings>("/admin/settings");
  const bucket = settings.data?.data.find(({ name }) => name === "CHINOOK_BACKUP_S3_BUCKET")?.value;
  const list = useResource<{ data: readonly Backup[] }>(`/admin/backups?from=${place}`);
  const { jobs } = useLive();
  useAfterJobs(jobs, list.reload);
  const own = jobs.running.filter(({ kind }) => kind.startsWith("backup."));
  const tools = html`
    ${bucket && html`<${Choice} label=${T.place} options=${PLACES} names=${T.places} value=${place} choose=${setPlace} />`}
    <${PruneButton} place=${place} done=${list.reload} />
    <${ActionButton} primary label=${T.make} disabled=${own.length > 0} icon=${html`<${Icon} name="plus" />`}
      act=${() => send("POST", "/admin/backups")} said=${() => T.started} />`;
  return html`<${DoPage} title=${T.title} tools=${tools}>
    <p class="muted">${T.text}</p>
    <${Running} jobs=${own} />
    <${Loaded} of=${list}>${({ data }: { data: readonly Backup[] }) => html`<${List} backups=${data} place=${place} busy=${own.length > 0} />`}</${Loaded}>
  </${DoPage}>`;
}

interface ListProps {
  readonly backups: readonly Backup[];
  readonly place: Place;
  readonly busy: boolean;
}

function List({ backups, place, busy }: ListProps) {
  if (backups.length === 0) return html`<${Empty} text=${T.none} />`;
  return html`<div class="table-scroll" tabindex="0"><table class="plain">
    <thead><tr><th>${T.made}</th><th>${T.reason}</th><th class="number">${T.size}</th><th class="number">${T.database}</th>
      <th class="number">${T.tracks}</th><th class="number">${T.schema}</th><th><span class="hidden-text">${T.actions}</span></th></tr></thead>
    <tbody>${backups.map((backup) => html`<${Row} key=${backup.id} backup=${backup} place=${place} busy=${busy} />`)}</tbody>
  </table></div>`;
}

function Row({ backup, place, busy }: Omit<ListProps, "backups"> & { readonly backup: Backup }) {
  const { id, reason, created_at, rows } = backup;
  return html`<tr>
    <td><time datetime=${created_at} title=${id}>${moment(created_at)}</time><br /><span class="muted">${ago(created_at)}</span></td>
    <td>${T.reasons[reason]}</td>
    <td class="number">${bytes(backup.bytes)}</td>
    <td class="number">${bytes(backup.database_bytes)}</td>
    <td class="number">${count(rows.tracks ?? 0)}</td>
    <td class="number">${backup.schema_version}</td>
    <td class="row-actions">
      <${ActionButton} label=${T.verify} disabled=${busy} act=${() => send("POST", `/admin/backups/${id}/verify?from=${place}`)} said=${() => T.verifying} />
      ${place === "folder" && html`<a class="button" href=${`/admin/backups/${id}/data`} download><${Icon} name="download" /> ${T.download}</a>`}
    </td>
  </tr>`;
}
