import { store } from "./store.ts";

/**
 * Whether the server answers. `lost`: the last request got no answer; the server is asked again until it answers.
 * `back`: it answers again, which is told for a moment.
 */
export type Connection = "fine" | "lost" | "back";

export const connection = store<Connection>("fine");

/** Counts the times that the connection came back: what is shown is then read anew. */
export const revivals = store(0);

const FIRST_MS = 500;
const LONGEST_MS = 5_000;
const TOLD_MS = 4_000;

/** A request got no answer, or the server says that it is about to end. */
export function connectionLost(): void {
  if (connection.get() === "lost") return;
  connection.set("lost");
  void ask(FIRST_MS);
}

async function ask(wait: number): Promise<void> {
  await Promise.race([pause(wait), online()]);
  if (!(await answers())) return ask(Math.min(wait * 2, LONGEST_MS));
  connection.set("back");
  revivals.set(revivals.get() + 1);
  await pause(TOLD_MS);
  if (connection.get() === "back") connection.set("fine");
}

/** Resolves once the server answers: at once where it does. */
export async function untilAnswered(): Promise<void> {
  if (await answers()) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = revivals.watch(() => resolve());
  connectionLost();
  await promise;
  stop();
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const online = (): Promise<void> =>
  new Promise((done) => addEventListener("online", () => done(), { once: true }));

const answers = (): Promise<boolean> =>
  fetch("/readyz", { cache: "no-store" }).then(
    ({ ok }) => ok,
    () => false,
  );
