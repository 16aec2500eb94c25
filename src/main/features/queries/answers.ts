import type { IndexFacts, Plan, Proposal } from "../../../shared/advice.ts";
import type { StatementFigures } from "./statements.ts";

/** Answers of the routes, for the commands that print them. */

export interface ExplainedStatement extends StatementFigures {
  readonly plan: Plan;
}

export interface NamedProposal extends Omit<Proposal, "gains"> {
  readonly gains: readonly {
    /** Empty for a statement given as text. */
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
