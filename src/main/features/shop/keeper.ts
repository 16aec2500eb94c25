import type { Commands } from "../../engine/commands/command-bus.ts";
import { Keeper } from "../../engine/keeper.ts";
import type { Logger } from "../../engine/log.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { KEEP_SALES, SALES_STATE_READ, type SalesState } from "./sales.ts";

export interface SalesKeeperOptions {
  readonly commands: Pick<Commands, "execute">;
  readonly answers: Pick<Answers, "fetch">;
  /** Whether requests are waiting. */
  readonly busy: () => boolean;
  readonly log: Logger;
}

/** Packs due days, a few at a time. No report waits for it: reports read the lines of due days. */
export function salesKeeper(options: SalesKeeperOptions): Keeper {
  const { answers, commands } = options;
  const step = async (): Promise<boolean> => {
    const found = await answers.fetch(SALES_STATE_READ, {}, Answers.key(SALES_STATE_READ, {}));
    const { due, packed } = JSON.parse(found!.entry.body) as SalesState;
    if (packed.length > 0) await commands.execute(KEEP_SALES, { packed: JSON.stringify(packed) });
    return packed.length > 0 && due > packed.length;
  };
  return new Keeper({ ...options, step, failed: "packing days of sales failed: retrying later" });
}
