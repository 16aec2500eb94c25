/** Requests to the thread that stores the history; see `src/workers/history.ts`. */

/** Seconds between two samples and the number kept, which together give the period. */
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
      /** Maximum samples, the latest ones. */
      readonly limit: number;
    };
