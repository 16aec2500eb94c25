import { useCallback, useEffect, useState } from "preact/hooks";
import { type Problem, request } from "./api.ts";
import { revivals } from "./connection.ts";
import { session } from "./session.ts";
import { useStore } from "./store.ts";

/** What a component reads of the server. */
export interface Resource<T> {
  /** The latest answer; the one before it while the next is on its way. */
  readonly data: T | undefined;
  readonly etag: string | null;
  readonly error: Problem | undefined;
  readonly loading: boolean;
  /** Reads it again. */
  readonly reload: () => void;
}

type Read<T> = Omit<Resource<T>, "reload"> & { readonly path: string | null };
const NOTHING = { data: undefined, etag: null, error: undefined };

/**
 * Reads a path; again when the path changes, after signing in or out, and when a lost connection is back.
 *
 * @param path null reads nothing.
 * @param keep keeps what another path answered until this one does: for lists that are filtered.
 */
export function useResource<T>(path: string | null, { keep = false } = {}): Resource<T> {
  const [read, setRead] = useState<Read<T>>({ ...NOTHING, path, loading: path !== null });
  const [asked, ask] = useState(0);
  const revival = useStore(revivals);
  const { person } = useStore(session);
  useEffect(() => {
    if (path === null) return setRead({ ...NOTHING, path, loading: false });
    const gone = new AbortController();
    setRead((last) => ({
      ...(keep || last.path === path ? last : NOTHING),
      path,
      loading: true,
      error: undefined,
    }));
    request<T>(path, { signal: gone.signal }).then(
      ({ data, etag }) => setRead({ data, etag, error: undefined, loading: false, path }),
      (error) => {
        if (!gone.signal.aborted) setRead((last) => ({ ...last, error, loading: false }));
      },
    );
    return () => gone.abort();
  }, [path, asked, revival, person?.id]);
  const reload = useCallback(() => ask((n) => n + 1), []);
  const current = read.path === path;
  if (!current && !keep) return { ...NOTHING, loading: path !== null, reload };
  return { ...read, loading: read.loading || !current, reload };
}
