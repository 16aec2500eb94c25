import { request } from "../core/api.ts";
import { hasAccounts, session } from "../core/session.ts";
import { store } from "../core/store.ts";
import type { Track } from "../core/types.ts";
import { tellDone, tellFailed } from "../shell/toasts.ts";
import { TEXTS } from "../texts.ts";

const KEY = "chinook.listener";
const DEFAULT = 1;

/** Without accounts: the listener whose plays are recorded, and who gets recommendations. */
export const chosenListener = store<number>(Number(localStorage.getItem(KEY)) || DEFAULT);

export function chooseListener(id: number): void {
  localStorage.setItem(KEY, String(id));
  chosenListener.set(id);
}

/** Who listens: the one who is signed in, or the one that was chosen; null for nobody. */
export const listener = (): number | null =>
  hasAccounts ? (session.get().person?.id ?? null) : chosenListener.get();

/** Counts the plays of this page, so that what depends on them can be read again. */
export const plays = store(0);

/** Records a play. A repeated request, after a lost answer, does not record it twice. */
export async function recordPlay({ id, name }: Pick<Track, "id" | "name">): Promise<void> {
  const body = hasAccounts ? { track_id: id } : { track_id: id, user_id: chosenListener.get() };
  try {
    await request("/v1/plays", { method: "POST", body, idempotencyKey: crypto.randomUUID() });
    plays.set(plays.get() + 1);
    tellDone(TEXTS.listen.played(name));
  } catch (error) {
    tellFailed(error);
  }
}
