import { atLeast, type Check, finding } from "../check.ts";
import type { CheckName, IntegrityReport } from "../integrity/steps.ts";

/** Milliseconds that vectors may be missing without progress. */
const STUCK_MS = 600_000;

const integrity = (name: string, check: CheckName, advice: string): Check => ({
  name,
  judge: ({ integrity }) => judgeIntegrity(integrity, check, advice),
});

function judgeIntegrity(report: IntegrityReport | null, check: CheckName, advice: string) {
  if (report === null) return finding("ok", null, "whole", "");
  const { faults } = report[check];
  const status = faults.length === 0 ? "ok" : "fail";
  return finding(
    status,
    faults.length === 0 ? "whole" : "damaged",
    "whole",
    `${faults.join("; ")}. ${advice}`,
  );
}

const RESTORE = "Make a copy of the file, then restore a backup: `chinook backup restore latest`.";

/** Whether the stored data is intact and complete. */
export const CONTENT: readonly Check[] = [
  integrity("pages", "pages", RESTORE),
  integrity(
    "foreign_keys",
    "foreign_keys",
    "Another program has written to the database with foreign keys off: delete those rows, or restore a backup with `chinook backup restore`.",
  ),
  integrity("text_index", "text_index", "Run `chinook fts rebuild`."),
  {
    name: "text_index_coverage",
    judge: ({ textCoverage }) =>
      atLeast(textCoverage, {
        warn: 1,
        unit: "ratio",
        advice: "Search does not find all tracks: run `chinook fts rebuild`.",
      }),
  },
  {
    name: "vector_extension",
    judge: ({ vectorExtension: fault }) =>
      finding(
        fault === null ? "ok" : "fail",
        fault ?? "works",
        "works",
        "Run `chinook verify-vector-extension`, and reinstall the dependencies with `npm ci` on this machine.",
      ),
  },
  {
    name: "vector_coverage",
    judge: ({ vectors, settings }) => {
      if (vectors === null) return finding("ok", null, 1, "", "ratio");
      const { coverage, failed, unchangedMs } = vectors;
      const stuck = settings.vectorGeneration && coverage < 1 && unchangedMs > STUCK_MS;
      const advice = failed > 0 ? `${failed} could not be computed` : "No vector was added for ten minutes";
      const status = failed > 0 || stuck ? "warn" : "ok";
      return finding(
        status,
        coverage,
        1,
        `${advice}: see the log, then run \`chinook vectors generate\`.`,
        "ratio",
      );
    },
  },
  {
    name: "migrations",
    judge: ({ schema: { version, known } }) =>
      finding(
        version === known ? "ok" : "fail",
        version,
        known,
        version < known
          ? "Stop the server and run `chinook migrate up`."
          : "The database is of a newer release: run that one.",
      ),
  },
];
