import type { IndexFacts, Plan, Proposal } from "../../../shared/advice.ts";
import type { StatementFigures } from "./statements.ts";

/** What the routes answer, for the commands that print it. */

export interface ExplainedStatement extends StatementFigures {
  readonly plan: Plan;
}

export interface NamedProposal extends Omit<Proposal, "gains"> {
  readonly gains: readonly {
    /** Empty for a statement that was given by its text. */
    readonly id: string;
    readonly read: string | null;
    readonly count: number;
    readonly without_ms: number;
    readonly with_ms: number;
    readonly sql: string;
  }[];
}

export interface AdviceAnswer {
  readonly proposals: readonly NamedProposal[];
  readonly tried: number;
  readonly complete: boolean;
  readonly statements: number;
}

export interface IndexesAnswer {
  readonly since: string | null;
  readonly statements: number;
  readonly data: readonly IndexFacts[];
}
