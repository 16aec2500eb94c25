import type { ComponentType } from "preact";
import { useEffect, useErrorBoundary, useRef, useState } from "preact/hooks";
import { untilAnswered } from "../core/connection.ts";
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

const RELOADED = "chinook.reloaded";
/** A module that fails again within so many milliseconds is broken, not of another version. */
const AGAIN_MS = 10_000;

/**
 * Where the server was away, the module is asked for again. Where it is gone, the server is another version by now:
 * its document names the modules that it has.
 */
async function load(page: Page): Promise<void> {
  try {
    loaded.set(page, (await page.load().catch(() => untilAnswered().then(page.load))).default);
  } catch (error) {
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < AGAIN_MS) {
      console.error(error);
      loaded.set(page, Broken);
    } else {
      sessionStorage.setItem(RELOADED, String(Date.now()));
      location.reload();
    }
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
  return error === undefined ? (children as never) : html`<${Broken} />`;
}

function Broken() {
  return html`<${Empty} title=${TEXTS.errors.brokenTitle} text=${TEXTS.errors.broken}>
    <button type="button" class="button" onClick=${() => location.reload()}>${TEXTS.errors.reload}</button>
  </${Empty}>`;
}
