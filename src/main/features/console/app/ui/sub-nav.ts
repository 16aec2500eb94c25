import { useEffect, useRef } from "preact/hooks";
import { html } from "../core/html.ts";
import { usePlace } from "../core/router.ts";

export interface SubLink {
  readonly href: string;
  readonly name: string;
}

/** The pages of a section, side by side. On a phone it scrolls, and shows the current one. */
export function SubNav({ label, links }: { readonly label: string; readonly links: readonly SubLink[] }) {
  const { path } = usePlace();
  const [current] = links
    .filter(({ href }) => path === href || path.startsWith(`${href}/`))
    .toSorted((a, b) => b.href.length - a.href.length);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current?.href]);
  return html`<nav class="sub-nav" aria-label=${label} ref=${nav}>
    ${links.map(
      ({ href, name }) =>
        html`<a key=${href} href=${href} aria-current=${href === current?.href ? "page" : undefined}>${name}</a>`,
    )}
  </nav>`;
}
