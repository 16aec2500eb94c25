import type fc from "fast-check";

/** What a command is executed with. `"current"` stands for what the entity has at that moment. */
export interface Call {
  readonly name: string;
  readonly input: unknown;
  readonly ifMatch?: "current" | "outdated" | undefined;
  /** The same for what has its ETag from its text. */
  readonly seen?: "current" | "outdated" | undefined;
  readonly key?: string | undefined;
}
export type Inputs = fc.Arbitrary<Omit<Call, "name">>;
