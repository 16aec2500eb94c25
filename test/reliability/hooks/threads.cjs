// Faults in the threads of a real server, set off by words that reach them. Preloaded by NODE_OPTIONS: no line of the
// server knows of it. FAULT_FOLDER is where a fault notes that it has happened, and where a gate is held shut.
const { existsSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { isMainThread, parentPort, workerData } = require("node:worker_threads");

const file = (name) => join(process.env.FAULT_FOLDER, name);
const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function once(name, action) {
  if (existsSync(file(name))) return;
  writeFileSync(file(name), "");
  action();
}

function exhaustHeap() {
  const kept = [];
  for (;;) kept.push(new Array(100_000).fill(kept.length));
}

const FAULTS = {
  "fault-exit": () => process.exit(7),
  "fault-once": () => once("once", () => process.exit(7)),
  "fault-heap": () => once("heap", exhaustHeap),
  "fault-stuck": () => wait(60_000),
  // The batch is committed, and its answer never sent.
  "fault-mute": () =>
    once("mute", () => {
      parentPort.postMessage = () => process.exit(7);
    }),
};

if (!isMainThread) {
  if (workerData?.migrations) while (existsSync(file("gate"))) wait(10);
  const parse = JSON.parse;
  JSON.parse = (text, ...rest) => {
    for (const [word, fault] of Object.entries(FAULTS)) if (String(text).includes(word)) fault();
    return parse(text, ...rest);
  };
}
