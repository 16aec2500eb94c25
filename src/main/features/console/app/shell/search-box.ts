import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../core/html.ts";
import { links } from "../core/links.ts";
import { useResource } from "../core/resource.ts";
import { navigate, usePlace, withQuery } from "../core/router.ts";
import { may, session } from "../core/session.ts";
import { useStore } from "../core/store.ts";
import { TEXTS } from "../texts.ts";
import { Combobox, type Option, useSettled } from "../ui/combobox.ts";
import { Icon } from "../ui/icon.ts";

const T = TEXTS.search;
const RESULTS = "/console/search";

interface Suggestion {
  readonly kind: "artist" | "album" | "track";
  readonly id: number;
  readonly name: string;
}

type Suggested = Option & Suggestion;

/** The search field: suggests names that begin so. On the page of results it searches while one types. */
export function SearchBox() {
  const { path, query } = usePlace();
  const [text, setText] = useState(query.get("q") ?? "");
  const [focused, setFocused] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const settled = useSettled(text).trim();
  const options = useSuggestions(focused ? settled : "");
  useShortcut(() => field.current?.select());
  useEffect(() => {
    // Somebody went elsewhere, or back or forth.
    if (!focused) setText(path === RESULTS ? (query.get("q") ?? "") : "");
  }, [path, query]);
  useEffect(() => {
    if (focused && path === RESULTS && settled !== (query.get("q") ?? ""))
      navigate(withQuery({ q: settled || null }), { replace: true });
  }, [settled]);
  const search = (event: Event) => {
    event.preventDefault();
    if (text.trim() === "") return;
    field.current?.blur();
    navigate(links.search(text.trim()));
  };
  const choose = ({ kind, id }: Suggested) => {
    field.current?.blur();
    navigate(links[kind](id));
  };
  return html`<form class="search" role="search" onSubmit=${search}>
    <${Icon} name="search" />
    <${Combobox} type="search" label=${T.label} listLabel=${T.suggestions} placeholder=${T.placeholder} text=${text}
      options=${options} field=${field} onText=${setText} onChoose=${choose} onFocus=${setFocused} />
    <kbd aria-hidden="true">/</kbd>
  </form>`;
}

function useSuggestions(text: string): readonly Suggested[] {
  const readable = may("read", useStore(session));
  const path = `/v1/search/suggestions?limit=8&q=${encodeURIComponent(text.slice(0, 100))}`;
  const { data } = useResource<{ data: readonly Suggestion[] }>(text !== "" && readable ? path : null, {
    keep: true,
  });
  if (text === "") return [];
  return (data?.data ?? []).map((found) => ({
    ...found,
    key: `${found.kind}:${found.id}`,
    note: T.kinds[found.kind],
  }));
}

/** `/` goes to the search field from everywhere but another field. */
function useShortcut(go: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const typing = (event.target as Element).closest?.("input, textarea, select, dialog");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      go();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
