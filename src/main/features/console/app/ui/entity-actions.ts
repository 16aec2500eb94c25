import { useState } from "preact/hooks";
import { type Answer, request } from "../core/api.ts";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import type { MarkedKind } from "../core/marks.ts";
import { navigate } from "../core/router.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { EntityForm } from "../forms/entity-form.ts";
import type { EditableKind, Entity, Values } from "../forms/fields.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Confirm } from "./dialog.ts";
import { Icon } from "./icon.ts";
import { MarkButtons } from "./mark-buttons.ts";

const T = TEXTS.forms;

/** What may be added on an entity's page. */
const WITHIN: Readonly<
  Partial<Record<EditableKind, { readonly kind: EditableKind; readonly initial: (entity: Entity) => Values }>>
> = {
  artists: { kind: "albums", initial: ({ id, name }) => ({ artist_id: id, artist_name: name }) },
  albums: {
    kind: "tracks",
    initial: ({ id, title }) => ({ album_id: id, album_title: title, unit_price: 0.99 }),
  },
};

const PAGES: Readonly<Record<EditableKind, ((id: number) => string) | undefined>> = {
  artists: links.artist,
  albums: links.album,
  tracks: links.track,
  genres: links.genre,
  playlists: links.playlist,
  "media-types": undefined,
};

/** Favourite, rating, edit, delete and add: what the one who is there may do with an entity. */
export function EntityActions({
  kind,
  entity,
  reload,
  mayEdit,
}: {
  readonly kind: EditableKind;
  readonly entity: { readonly id: number };
  readonly reload: () => void;
  /** In place of the right to edit the catalogue. */
  readonly mayEdit?: boolean;
}) {
  const editor = may("edit", useStore(session));
  const marked = kind === "artists" || kind === "albums" || kind === "tracks";
  return html`
    ${marked && html`<${MarkButtons} kind=${kind as MarkedKind} id=${entity.id} />`}
    ${(mayEdit ?? editor) && html`<${EditButtons} kind=${kind} entity=${entity as Entity} reload=${reload} />`}`;
}

function EditButtons({
  kind,
  entity,
  reload,
}: {
  readonly kind: EditableKind;
  readonly entity: Entity;
  readonly reload: () => void;
}) {
  const [version, setVersion] = useState<Answer<Entity>>();
  const [adding, setAdding] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const within = WITHIN[kind];
  const edit = () => request<Entity>(`/v1/${kind}/${entity.id}`).then(setVersion, tellFailed);
  const saved = () => {
    setVersion(undefined);
    reload();
  };
  const added = ({ id }: Entity) => {
    setAdding(false);
    const page = within && PAGES[within.kind];
    if (page) navigate(page(id));
  };
  const remove = async () => {
    setDeleting(false);
    try {
      await request(`/v1/${kind}/${entity.id}`, { method: "DELETE" });
      tellDone(T.deleted);
      navigate(`/console/browse/${kind}`);
    } catch (error) {
      tellFailed(error);
    }
  };
  return html`
    <button type="button" class="button" onClick=${edit}><${Icon} name="edit" /> ${T.edit}</button>
    ${within && html`<button type="button" class="button" onClick=${() => setAdding(true)}><${Icon} name="plus" /> ${T.add(T.kinds[within.kind])}</button>`}
    <button type="button" class="icon-button" aria-label=${TEXTS.common.remove} title=${TEXTS.common.remove} onClick=${() => setDeleting(true)}><${Icon} name="trash" /></button>
    ${version && html`<${EntityForm} kind=${kind} version=${version} close=${() => setVersion(undefined)} done=${saved} />`}
    ${adding && within && html`<${EntityForm} kind=${within.kind} initial=${within.initial(entity)} close=${() => setAdding(false)} done=${added} />`}
    ${deleting && html`<${Confirm} title=${T.deleteTitle(T.kinds[kind])} text=${T.deleteText} action=${TEXTS.common.remove} confirm=${remove} close=${() => setDeleting(false)} />`}`;
}
