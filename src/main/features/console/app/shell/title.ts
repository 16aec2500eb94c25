import { useEffect } from "preact/hooks";
import { TEXTS } from "../texts.ts";

export function setTitle(title: string): void {
  document.title = `${title} · ${TEXTS.brand}`;
}

/** The document's title while a component is shown; undefined leaves it as it is. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) setTitle(title);
  }, [title]);
}
