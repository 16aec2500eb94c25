import { store } from "../core/store.ts";

export type Theme = "system" | "light" | "dark";

const KEY = "chinook.theme";
const NEXT: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const stored = localStorage.getItem(KEY);

export const theme = store<Theme>(stored === "light" || stored === "dark" ? stored : "system");

/** The next of the three themes, kept in this browser. */
export function switchTheme(): void {
  const next = NEXT[theme.get()];
  if (next === "system") {
    localStorage.removeItem(KEY);
    delete document.documentElement.dataset.theme;
  } else {
    localStorage.setItem(KEY, next);
    document.documentElement.dataset.theme = next;
  }
  theme.set(next);
}
