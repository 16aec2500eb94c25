/** What an entity is asked for with. */
export interface EntityParams {
  readonly id: number;
}

export interface ListParams {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly sort: string;
  readonly total: "0" | "1";
  /** Filters by their parameter's name; for a nested list also the parent's id. */
  readonly [filter: string]: string | number | undefined;
}
