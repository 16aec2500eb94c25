import { ABLATION } from "./ablation.ts";
import { CAPACITY } from "./capacity.ts";
import { IDENTITY } from "./identity.ts";
import { PROFILES } from "./profiles.ts";
import { SCALING } from "./scaling.ts";
import type { Scenario } from "./scenario.ts";
import { UPKEEP } from "./upkeep.ts";

/** In the order of running and reporting. */
export const SCENARIOS = {
  ...CAPACITY,
  ...IDENTITY,
  ...ABLATION,
  ...UPKEEP,
  ...PROFILES,
  ...SCALING,
} as const;

export type ScenarioName = keyof typeof SCENARIOS;

export const scenarioOf = (name: ScenarioName): Scenario => SCENARIOS[name];
