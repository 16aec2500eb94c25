import type { Alert } from "./alerts.ts";

/** An alert as a plain-text mail. */
export function mailOf(
  { check, status, since, value, threshold, unit, recommendation }: Alert,
  server: string,
) {
  const measured = `${value ?? "unknown"}${unit === null ? "" : ` ${unit}`}`;
  const state = status === "ok" ? "is ok again" : status === "warn" ? "needs attention" : "fails";
  return {
    subject: `Chinook Server: ${check} ${state}`,
    text: [
      `${check} at ${server} ${state}.`,
      ...(recommendation === null ? [] : [recommendation]),
      `Value: ${measured}. Threshold: ${threshold ?? "none"}. Since ${since}.`,
      "`chinook health-check` shows all checks.",
    ].join("\n\n"),
  };
}
