import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Scenario } from "./scenarios.ts";

const ROOT = join(import.meta.dirname, "..");

/** What a server needs to be started for one trial. */
export interface Place {
  /** Its own copy of the scenario's database. */
  readonly database: string;
  /** A file with the response of Chinook Server that a constant server repeats. */
  readonly answer: string;
  readonly settings: Scenario["settings"];
}

export interface ServerSpec {
  readonly title: string;
  /** Answers every request with the same bytes. */
  readonly constant?: boolean;
  /** Needs `Place.database`. */
  readonly stores?: boolean;
  readonly args: (place: Place) => readonly string[];
  readonly env?: (place: Place) => Readonly<Record<string, string>>;
}

const script = (name: string): string => join(import.meta.dirname, "servers", `${name}.ts`);

/** The arguments that `npm start` gives to Node, so that the server is measured as it is run. */
export function startArguments(): string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const words: string[] = scripts.start.split(" ").slice(1);
  return words.map((word) => (word.endsWith(".cjs") ? join(ROOT, word) : word));
}

/** The same for another command of ours. */
export const chinook = (...command: string[]): string[] => [...startArguments().slice(0, -1), ...command];

export const SERVERS = {
  bare: {
    title: "Hono answering a constant",
    constant: true,
    args: ({ answer }) => [script("bare"), answer],
  },
  echo: { title: "Hono parsing and echoing", constant: true, args: () => [script("echo")] },
  "in-handler": {
    title: "better-sqlite3 in the handler",
    stores: true,
    args: ({ database }) => [script("in-handler"), database],
  },
  "in-handler-tuned": {
    title: "the same with likely(@id)",
    stores: true,
    args: ({ database }) => [script("in-handler"), database, "tuned"],
  },
  "piscina-per-request": {
    title: "one Piscina task a request",
    stores: true,
    args: ({ database }) => [script("piscina"), database],
  },
  chinook: {
    title: "Chinook Server",
    stores: true,
    args: () => startArguments(),
    env: ({ database, settings }) => ({
      CHINOOK_DATABASE: database,
      CHINOOK_PORT: "0",
      CHINOOK_DEMO: "0",
      CHINOOK_LOG: "silent",
      ...settings,
    }),
  },
} as const satisfies Record<string, ServerSpec>;

export type ServerName = keyof typeof SERVERS;
