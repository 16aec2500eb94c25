/** What the thread that keeps the history is asked; see `src/workers/history.ts`. */

/** Seconds between two samples, how many are kept, and so for how long. */
export const RESOLUTIONS = {
  fine: { seconds: 10, kept: 8_640 },
  coarse: { seconds: 300, kept: 8_928 },
} as const;
export type Resolution = keyof typeof RESOLUTIONS;

/** The history's file, beside the database. */
export const historyFile = (database: string): string =>
  `${database.replace(/\.sqlite$/, "")}-history.sqlite`;

export type HistoryRequest =
  | {
      readonly job: "append";
      readonly file: string;
      readonly samples: readonly {
        readonly resolution: Resolution;
        readonly at: number;
        readonly sample: string;
      }[];
    }
  | {
      readonly job: "read";
      readonly file: string;
      readonly resolution: Resolution;
      /** Milliseconds since 1970. */
      readonly from: number;
      readonly to: number;
      /** Samples at the most, the latest ones. */
      readonly limit: number;
    };
