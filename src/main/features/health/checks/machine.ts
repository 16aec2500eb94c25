import { atMost, type Check, finding } from "../check.ts";

/** A clock before this date was never set. */
const EARLIEST = Date.UTC(2025, 0, 1);
const JUMP_MS = 2_000;

/** Resources that the machine gives the process. */
export const MACHINE: readonly Check[] = [
  {
    name: "memory",
    judge: ({ machine: { residentBytes, memoryBytes } }) =>
      atMost(residentBytes, {
        warn: 0.8 * memoryBytes,
        fail: 0.95 * memoryBytes,
        unit: "bytes",
        advice:
          "The process uses most of the memory that the machine, or its control group, allows: lower CHINOOK_CACHE_MB, CHINOOK_POINT_READERS or CHINOOK_SCAN_READERS, or allow more.",
      }),
  },
  {
    name: "memory_available",
    judge: ({ machine: { availableBytes, memoryBytes } }) => {
      const wanted = Math.min(0.05 * memoryBytes, 256 * 1_048_576);
      const status = availableBytes >= wanted ? "ok" : availableBytes < wanted / 4 ? "fail" : "warn";
      const advice =
        "The machine has little memory left: find the process that uses it, or lower CHINOOK_CACHE_MB.";
      return finding(status, availableBytes, wanted, advice, "bytes");
    },
  },
  {
    name: "heap",
    judge: ({ machine: { heapRatio } }) =>
      atMost(heapRatio, {
        warn: 0.85,
        fail: 0.97,
        unit: "ratio",
        advice:
          "The JavaScript heap is nearly full: lower CHINOOK_CACHE_MB, or start node with a larger --max-old-space-size.",
      }),
  },
  {
    name: "descriptors",
    judge: ({ machine: { descriptors, maxDescriptors } }) =>
      atMost(descriptors, {
        warn: Math.floor(0.8 * (maxDescriptors ?? Infinity)),
        fail: Math.floor(0.95 * (maxDescriptors ?? Infinity)),
        advice:
          "Connections and files use most of the file descriptors: raise the limit (`LimitNOFILE=` of systemd, `ulimit -n`), or limit the connections in the proxy.",
      }),
  },
  {
    name: "event_loop",
    judge: ({ recent }) =>
      atMost(recent.worst("loopP99"), {
        warn: 100,
        fail: 1_000,
        unit: "ms",
        advice:
          "The main thread is overloaded: more requests arrive than one processor can serve. Let clients keep connections, use ETags, and reserve a processor for the process.",
      }),
  },
  {
    name: "standstill",
    judge: ({ recent }) =>
      atMost(recent.worst("loopMax"), {
        warn: 1_000,
        unit: "ms",
        advice:
          "The process was paused for so long within the last five minutes: by swapping, a suspended machine, or another program that used the processor.",
      }),
  },
  {
    name: "clock",
    judge: ({ hour }) => {
      const unset = Date.now() < EARLIEST;
      const advice = unset
        ? "The machine's clock is not set: times of plays, sessions and backups are wrong. Start a time service such as chrony."
        : "The machine's clock was changed by so much within the last hour: check its time service.";
      const status = unset ? "fail" : hour.clockJump >= JUMP_MS ? "warn" : "ok";
      return finding(status, Math.round(hour.clockJump), JUMP_MS, advice, "ms");
    },
  },
];
