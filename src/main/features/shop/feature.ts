import { feature } from "../feature.ts";
import { SHOP_COMMANDS } from "./commands.ts";
import { salesKeeper } from "./keeper.ts";
import { PURCHASE_COMMANDS } from "./purchases.ts";
import { CUSTOMER_OF_READ, LINES_READ, SHOP_READS } from "./reads.ts";
import { reportRoutes } from "./report-routes.ts";
import { REVENUE_READ, SUMMARY_READ } from "./reports.ts";
import { shopRoutes } from "./routes.ts";
import { KEEP_SALES, SALES_STATE_READ } from "./sales.ts";

/** Customers, employees, invoices, purchases, refunds and sales reports. */
export const shop = feature({
  name: "shop",
  reads: [
    ...Object.values(SHOP_READS).flatMap((reads) => Object.values(reads)),
    LINES_READ,
    CUSTOMER_OF_READ,
    REVENUE_READ,
    SUMMARY_READ,
    SALES_STATE_READ,
  ],
  commands: [
    ...Object.values(SHOP_COMMANDS).flatMap((commands) => Object.values(commands)),
    ...Object.values(PURCHASE_COMMANDS),
    KEEP_SALES,
  ],
  open({ engine, writes }) {
    const { answers, commands, log, reads } = engine;
    const busy = () => engine.writes.queueLength > 0 || reads.queueLengths.scan > 0;
    const keeper = salesKeeper({ answers, commands, busy, log });
    return {
      routes: [...shopRoutes(answers, writes), ...reportRoutes(answers)],
      start: () => keeper.start(),
      close: () => keeper.close(),
    };
  },
});
