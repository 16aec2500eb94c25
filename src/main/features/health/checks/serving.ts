import { atMost, type Check, finding } from "../check.ts";

const MINUTES = "of the last five minutes";

/** Whether it can answer requests. */
export const SERVING: readonly Check[] = [
  {
    name: "server",
    judge: ({ status }) =>
      finding(
        status === "ok" ? "ok" : "fail",
        status,
        "ok",
        status === "draining"
          ? "It is stopping: send requests elsewhere."
          : "It is starting: `/readyz` answers 200 when it takes requests.",
      ),
  },
  {
    name: "writer",
    judge: ({ writer }) =>
      finding(
        writer ? "ok" : "fail",
        writer ? "alive" : "dead",
        "alive",
        "A new one is being started, and writes wait for it. If it fails to start, the log says why: check disk and permissions of the database.",
      ),
  },
  {
    name: "readers",
    judge: ({ readers }) =>
      finding(
        readers ? "ok" : "fail",
        readers ? "alive" : "dead or stuck",
        "alive",
        "See the log for why. If it lasts, restart the server.",
      ),
  },
  {
    name: "cluster",
    judge: ({ clusterBehind }) =>
      atMost(clusterBehind, {
        warn: 2,
        fail: 30,
        unit: "s",
        advice:
          "What this server shows may be as old: its rqlite node is behind, or knows no leader. Look with `chinook cluster status`; with a majority of the nodes there is a leader.",
      }),
  },
  {
    name: "threads_lost",
    judge: ({ hour }) =>
      atMost(hour.count("threadsLost"), {
        warn: 1,
        fail: 10,
        advice:
          "Threads died within the last hour and were replaced: see the log for why. If a read or command exhausts a thread's memory, it will happen again.",
      }),
  },
  {
    name: "server_errors",
    judge: ({ recent }) =>
      atMost(recent.count("serverErrors"), {
        warn: 1,
        fail: Math.max(10, recent.count("requests") / 20),
        advice: `Answers ${MINUTES} were 500: search for "request failed" in the log and report the request_id.`,
      }),
  },
  {
    name: "housekeeping",
    judge: ({ hour }) =>
      atMost(hour.count("housekeepingFailures"), {
        warn: 1,
        advice: 'Tasks of the last hour failed: search for "housekeeping failed" in the log.',
      }),
  },
];
