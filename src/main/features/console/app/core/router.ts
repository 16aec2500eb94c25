import { store, useStore } from "./store.ts";

/** The page's place: its path and its query. */
export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
}

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });

const place = store(here());

export const usePlace = (): Place => useStore(place);

export const currentPlace = (): Place => place.get();

/** Goes to a page of the console. `replace` leaves no step back: for what changes while somebody types. */
export function navigate(to: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (to === location.pathname + location.search) return;
  history[replace ? "replaceState" : "pushState"](null, "", to);
  place.set(here());
}

/** A path with the parameters that say something. */
export function urlWith(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const said = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The page's query with some parameters changed; null takes one away. */
export function withQuery(changes: Readonly<Record<string, string | number | null>>): string {
  const { path, query } = currentPlace();
  return urlWith(path, { ...Object.fromEntries(query), ...changes });
}

/** Follows links to pages of the console without loading the document anew. Called once. */
export function followLinks(): void {
  addEventListener("popstate", () => place.set(here()));
  document.addEventListener("click", (event) => {
    const link = (event.target as Element).closest?.("a");
    if (link === null || link === undefined || !isOurs(event, link)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}

function isOurs(event: MouseEvent, link: HTMLAnchorElement): boolean {
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  return (
    plain &&
    !event.defaultPrevented &&
    link.target === "" &&
    !link.hasAttribute("download") &&
    link.origin === location.origin &&
    /^\/console(\/(?!assets\/)|$)/.test(link.pathname)
  );
}
