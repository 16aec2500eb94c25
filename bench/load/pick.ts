import { autocannon } from "./child.ts";
import { type Generator, onPath } from "./generator.ts";
import { wrk } from "./wrk.ts";

export const GENERATORS = ["auto", "wrk", "autocannon"] as const;

/** @throws Error if wrk is requested and not installed. */
export function pickGenerator(choice: (typeof GENERATORS)[number]): Generator {
  const found = onPath("wrk") !== undefined;
  if (choice === "wrk" && !found) throw new Error("--generator wrk: expected wrk on the PATH, found none");
  return choice !== "autocannon" && found ? wrk : autocannon;
}
