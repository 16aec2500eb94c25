import type { AnyCommand } from "../engine/commands/command.ts";
import { FORGET_KEYS, IDEMPOTENCY_READ } from "../engine/commands/idempotency.ts";
import type { AnyRead } from "../engine/reads/read.ts";
import { backups } from "./backups/feature.ts";
import { bulk } from "./bulk/feature.ts";
import { catalogue } from "./catalogue/feature.ts";
import { changes } from "./changes/feature.ts";
import { cluster } from "./cluster/feature.ts";
import { consolePages } from "./console/feature.ts";
import { discover } from "./discover/feature.ts";
import type { Feature } from "./feature.ts";
import { health } from "./health/feature.ts";
import { jobs } from "./jobs/feature.ts";
import { library } from "./library/feature.ts";
import { listening } from "./listening/feature.ts";
import { metadata } from "./metadata/feature.ts";
import { operations } from "./operations/feature.ts";
import { people } from "./people/feature.ts";
import { queries } from "./queries/feature.ts";
import { search } from "./search/feature.ts";
import { setup } from "./setup/feature.ts";
import { shop } from "./shop/feature.ts";
import { vitals } from "./vitals/feature.ts";

/** Every feature, in the order in which they are opened: one that uses another stands after it. */
export const FEATURES: readonly Feature[] = [
  jobs,
  catalogue,
  metadata,
  listening,
  shop,
  changes,
  discover,
  search,
  library,
  bulk,
  backups,
  operations,
  queries,
  people,
  health,
  vitals,
  setup,
  consolePages,
  cluster,
];

/** Every read there is: the features' and the engine's own. */
export const READS: readonly AnyRead[] = [...FEATURES.flatMap(({ reads }) => reads), IDEMPOTENCY_READ];

/** Every command there is: the features' and the engine's own. */
export const COMMANDS: readonly AnyCommand[] = [...FEATURES.flatMap(({ commands }) => commands), FORGET_KEYS];

for (const [what, named] of Object.entries({ feature: FEATURES, read: READS, command: COMMANDS })) {
  assertDistinct(what, named);
}

/** Metrics and cache keys go by name: two of one name would be mistaken for each other. */
function assertDistinct(what: string, named: readonly { readonly name: string }[]): void {
  const seen = new Set<string>();
  for (const { name } of named) {
    if (seen.has(name)) throw new Error(`two ${what}s are named ${name}`);
    seen.add(name);
  }
}
