import type { ComponentType } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";
import { html } from "../core/html.ts";
import type { PageProps } from "../core/page-props.ts";
import { findPage, type Page } from "../pages.ts";
import { TEXTS } from "../texts.ts";
import { Empty } from "../ui/states.ts";
import { setTitle } from "./title.ts";

type Loaded = ComponentType<PageProps>;
const loaded = new Map<Page, Loaded>();

/** The page of a path. Its module is loaded when it is first shown. */
export function PageView({ path }: { readonly path: string }) {
  const found = findPage(path);
  const [, setShown] = useState<Page>();
  const first = useRef(true);
  useEffect(() => {
    setTitle(found?.page.title ?? TEXTS.errors.notFoundTitle);
    if (!first.current) moveToTop();
    first.current = false;
  }, [path]);
  useEffect(() => {
    if (found !== undefined && !loaded.has(found.page))
      void load(found.page).then(() => setShown(found.page));
  }, [found?.page]);
  if (found === undefined) return html`<${NotFound} />`;
  const Component = loaded.get(found.page);
  if (Component === undefined)
    return html`<p class="page-loading" aria-busy="true">${TEXTS.common.loading}</p>`;
  return html`<${Guarded} key=${path}><${Component} params=${found.params} /></${Guarded}>`;
}

async function load(page: Page): Promise<void> {
  try {
    loaded.set(page, (await page.load()).default);
  } catch {
    // The server is another version by now, or away: its document names the modules that it has.
    if (
      await fetch("/livez").then(
        ({ ok }) => ok,
        () => false,
      )
    )
      location.reload();
    else setTimeout(() => location.reload(), 3_000);
  }
}

/** As a browser does it for a new document. */
function moveToTop(): void {
  scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

function NotFound() {
  return html`<${Empty} title=${TEXTS.errors.notFoundTitle} text=${TEXTS.errors.notFound}>
    <a class="button" href="/console">${TEXTS.errors.home}</a>
  </${Empty}>`;
}

function Guarded({ children }: { readonly children: unknown }) {
  const [error] = useErrorBoundary((thrown) => console.error(thrown));
  if (error === undefined) return children as never;
  return html`<${Empty} title=${TEXTS.errors.brokenTitle} text=${TEXTS.errors.broken}>
    <button type="button" class="button" onClick=${() => location.reload()}>${TEXTS.errors.reload}</button>
  </${Empty}>`;
}
