import { atMost, type Check } from "../check.ts";

/**
 * A wait fails from this multiple of the warning threshold on: requests are then refused, or soon will be.
 */
const FAILS = 8;

const wait = (lane: "point" | "scan" | "write", advice: string): Check => ({
  name: `${lane}_wait`,
  judge: ({ recent, settings: { healthWaitMs } }) =>
    atMost(recent.p99(lane), { warn: healthWaitMs, fail: FAILS * healthWaitMs, unit: "ms", advice }),
});

/** Whether requests wait: the 99th percentile of the last five minutes. */
export const WAITING: readonly Check[] = [
  wait(
    "point",
    "Cheap reads wait for a thread: raise CHINOOK_POINT_READERS while processors are free. `chinook query slow` names the slowest reads.",
  ),
  wait(
    "scan",
    "Searches and aggregates wait for a thread: `chinook query slow` names the slowest reads. Raise CHINOOK_SCAN_READERS while processors are free.",
  ),
  wait(
    "write",
    "Writes wait for the writer: see commit_time. Send many rows in one request, and load whole catalogues with `chinook import`.",
  ),
  {
    name: "turned_away",
    judge: ({ recent }) =>
      atMost(recent.count("turnedAway"), {
        warn: 1,
        fail: Math.max(100, recent.count("requests") / 20),
        advice:
          "Requests of the last five minutes were refused with 503: more arrived than could be served in time. The waits show where.",
      }),
  },
];
