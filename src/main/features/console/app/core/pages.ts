import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { get, type Problem } from "./api.ts";
import { type Resource, useResource } from "./resource.ts";
import type { Page } from "./types.ts";

/** A list of which more is read on demand. */
export interface Paged<T, P extends Page<T> = Page<T>> extends Resource<P> {
  /** Of all pages that were read. */
  readonly items: readonly T[];
  /** Reads the next page; null on the last one. */
  readonly more: (() => void) | null;
  readonly moreError: Problem | undefined;
  readonly readingMore: boolean;
}

const NONE: readonly never[] = [];

interface Later<T> {
  /** What the pages follow. They are dropped with it. */
  readonly first: unknown;
  readonly items: readonly T[];
  readonly next: string | null;
  readonly error?: Problem;
  readonly reading?: true;
}

/** Reads the first page of a list, and others on demand, by the cursor that each page gives. */
export function usePaged<T, P extends Page<T> = Page<T>>(
  path: string | null,
  { keep = false } = {},
): Paged<T, P> {
  const first = useResource<P>(path, { keep });
  const [later, setLater] = useState<Later<T>>({ first: undefined, items: NONE, next: null });
  const { data } = first;
  useEffect(() => setLater({ first: data, items: NONE, next: data?.next ?? null }), [data]);
  const own: Later<T> = later.first === data ? later : { first: data, items: NONE, next: data?.next ?? null };
  const more = useCallback(() => {
    if (path === null || own.next === null || own.reading) return;
    const before = { first: data, items: own.items, next: own.next };
    const then = (after: Later<T>) => setLater((now) => (now.first === data ? after : now));
    setLater({ ...before, reading: true });
    get<P>(`${path}${path.includes("?") ? "&" : "?"}cursor=${before.next}`).then(
      (page) => then({ first: data, items: [...before.items, ...page.data], next: page.next }),
      (error) => then({ ...before, error }),
    );
  }, [path, data, own]);
  const items = useMemo(() => [...(data?.data ?? []), ...own.items], [data, own.items]);
  return {
    ...first,
    items,
    more: own.next === null ? null : more,
    moreError: own.error,
    readingMore: own.reading === true,
  };
}
