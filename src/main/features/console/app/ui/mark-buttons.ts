import { useEffect } from "preact/hooks";
import { html } from "../core/html.ts";
import { keyOf, type MarkedKind, marks, readMarks, setFavourite, setStars } from "../core/marks.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";
import { Icon } from "./icon.ts";

const T = TEXTS.listen;
const STARS = [1, 2, 3, 4, 5] as const;

/** A heart and five stars, for who listens. */
export function MarkButtons({ kind, id }: { readonly kind: MarkedKind; readonly id: number }) {
  const there = useStore(session);
  const own = useStore(marks);
  useEffect(() => void readMarks(), [there]);
  if (!may("listen", there)) return null;
  const isFavourite = own?.favourites.has(keyOf(kind, id)) ?? false;
  const stars = own?.stars.get(keyOf(kind, id)) ?? 0;
  const rate = (given: number) => setStars(kind, id, given === stars ? null : given).catch(tellFailed);
  return html`
    <button type="button" class="icon-button" aria-pressed=${isFavourite} aria-label=${T.favourite} title=${T.favourite} disabled=${own === undefined}
      onClick=${() => setFavourite(kind, id, !isFavourite).catch(tellFailed)}><${Icon} name="heart" /></button>
    <span class="stars" role="group" aria-label=${T.rating}>
      ${STARS.map(
        (
          value,
        ) => html`<button type="button" key=${value} class="icon-button" aria-pressed=${value <= stars} disabled=${own === undefined}
        aria-label=${T.stars(value)} title=${T.stars(value)} onClick=${() => rate(value)}><${Icon} name="star" /></button>`,
      )}
    </span>`;
}
