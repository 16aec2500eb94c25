import { Problem, request } from "./api.ts";
import { store } from "./store.ts";

export type Role = "listener" | "editor" | "admin";

export interface Person {
  readonly id: number;
  readonly email: string | null;
  readonly name: string | null;
  readonly role: Role;
}

/** Who is there. `person` is null for nobody, and where the server has no accounts. */
export interface Session {
  /** False until the server has said who is there. */
  readonly known: boolean;
  readonly person: Person | null;
}

const { auth, anonymous } = document.documentElement.dataset;

/** Whether the server asks who is there. Without accounts everybody may do everything. */
export const hasAccounts = auth === "required";

export const session = store<Session>({ known: !hasAccounts, person: null });

/** Asks the server who is there: at the start, and when a request is refused for want of a session. */
export async function refreshSession(): Promise<void> {
  if (!hasAccounts) return;
  try {
    session.set({ known: true, person: (await request<Person>("/v1/me")).data });
  } catch (error) {
    if (error instanceof Problem && error.status === 401) session.set({ known: true, person: null });
    else if (!session.get().known) session.set({ known: true, person: null });
  }
}

/** @throws Problem where address or password are wrong. */
export async function signIn(email: string, password: string): Promise<void> {
  await request("/v1/sessions", { method: "POST", body: { email, password } });
  await refreshSession();
}

/** Ends this session; the others of the same person go on. */
export async function signOut(): Promise<void> {
  const { data } = await request<{ data: { id: number; current: boolean }[] }>("/v1/sessions");
  const own = data.data.find(({ current }) => current);
  if (own !== undefined) await request(`/v1/sessions/${own.id}`, { method: "DELETE" });
  session.set({ known: true, person: null });
}

const RIGHTS = {
  /** Read the catalogue. */
  read: (role: Role | null) => role !== null || anonymous === "read",
  /** Record plays, keep favourites, make playlists. */
  listen: (role: Role | null) => role !== null,
  /** Change artists, albums, tracks and genres. */
  edit: (role: Role | null) => role === "editor" || role === "admin",
  /** See and steer the server. */
  operate: (role: Role | null) => role === "admin",
} as const;

/** Whether the one who is there may. The server decides; this only hides what it would refuse. */
export const may = (right: keyof typeof RIGHTS, { person }: Session = session.get()): boolean =>
  !hasAccounts || RIGHTS[right](person?.role ?? null);
