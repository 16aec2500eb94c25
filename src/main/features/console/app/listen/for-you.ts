import { html } from "../core/html.ts";
import { useResource } from "../core/resource.ts";
import { hasAccounts, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import type { Page, Track } from "../core/types.ts";
import { TEXTS } from "../texts.ts";
import { chooseListener, chosenListener } from "../ui/play.ts";
import { Section } from "../ui/section.ts";
import { Empty, Loaded } from "../ui/states.ts";
import { TrackList } from "../ui/track-list.ts";

const T = TEXTS.listen;
const SHOWN = 8;

type Recommended = Track & { readonly reason: string };

/** What the listener may like, each with why. */
export function ForYou() {
  const { person } = useStore(session);
  const chosen = useStore(chosenListener);
  const id = hasAccounts ? person?.id : chosen;
  const path = id === undefined ? null : `/v1/users/${id}/recommendations?limit=${SHOWN}`;
  const found = useResource<Page<Recommended>>(path);
  return html`<${Section} title=${T.forYou} tools=${!hasAccounts && html`<${Listener} />`}>
    ${
      path === null
        ? html`<${Empty} text=${T.signInForYou}><a class="button primary" href="/console/sign-in">${TEXTS.shell.signIn}</a></${Empty}>`
        : html`<${Loaded} of=${found} lines=${SHOWN}>${({ data }: Page<Recommended>) =>
            data.length === 0
              ? html`<p class="muted pad">${T.noneForYou}</p>`
              : html`<${TrackList} label=${T.forYou} tracks=${data} row=${({ reason }: Recommended) => ({ note: reason })} />`}</${Loaded}>`
    }
  </${Section}>`;
}

/** Without accounts: whose plays are recorded. */
function Listener() {
  const id = useStore(chosenListener);
  const choose = (event: Event) => {
    const given = (event.target as HTMLInputElement).valueAsNumber;
    if (Number.isSafeInteger(given) && given > 0) chooseListener(given);
  };
  return html`<label class="inline">${T.listener}<input type="number" min="1" step="1" value=${id} onChange=${choose} /></label>`;
}
