import { useEffect, useState } from "preact/hooks";

/** A value that components watch. */
export interface Store<T> {
  readonly get: () => T;
  readonly set: (value: T) => void;
  /** @returns what ends it. */
  readonly watch: (told: (value: T) => void) => () => void;
}

export function store<T>(initial: T): Store<T> {
  let value = initial;
  const watchers = new Set<(value: T) => void>();
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const told of [...watchers]) told(next);
    },
    watch(told) {
      watchers.add(told);
      return () => watchers.delete(told);
    },
  };
}

/** The value, and a rendering again with each new one. */
export function useStore<T>({ get, watch }: Store<T>): T {
  const [, render] = useState(0);
  useEffect(() => {
    const again = () => render((n) => n + 1);
    again();
    return watch(again);
  }, [watch]);
  return get();
}
