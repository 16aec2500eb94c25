import type { Commands } from "../../engine/commands/command-bus.ts";
import { Keeper } from "../../engine/keeper.ts";
import type { Logger } from "../../engine/log.ts";
import { Answers } from "../../engine/reads/answers.ts";
import { TOTALS_COMMANDS, TOTALS_STATE_READ, type TotalsState } from "./totals.ts";

export interface TotalsKeeperOptions {
  readonly commands: Pick<Commands, "execute">;
  readonly answers: Pick<Answers, "fetch">;
  /** Whether requests wait. */
  readonly busy: () => boolean;
  readonly log: Logger;
}

/**
 * Maintains the totals for charts: closes past hours and computes due sums, one step at a time.
 *
 * No answer waits for it: plays without totals are counted. A step is an ordinary read and command; changes between
 * them make the sum due again.
 *
 * @param onLook told the number of slots without totals, before each step.
 */
export function totalsKeeper(options: TotalsKeeperOptions, onLook: (due: number) => void): Keeper {
  const { answers, commands } = options;
  const step = async (): Promise<boolean> => {
    const { due, sums, closable } = await stateOf(answers);
    onLook(due);
    if (sums.length > 0) await commands.execute(TOTALS_COMMANDS.keep, { sums: JSON.stringify(sums) });
    else if (closable) await commands.execute(TOTALS_COMMANDS.close, {});
    return sums.length > 0 || Boolean(closable);
  };
  return new Keeper({ ...options, step, failed: "computing play totals failed: retrying later" });
}

async function stateOf(answers: TotalsKeeperOptions["answers"]): Promise<TotalsState> {
  const found = await answers.fetch(TOTALS_STATE_READ, {}, Answers.key(TOTALS_STATE_READ, {}));
  return JSON.parse(found!.entry.body) as TotalsState;
}
