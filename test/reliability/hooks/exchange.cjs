// Kills the process at one of the steps in which a file takes another's place. Preloaded by NODE_OPTIONS, in every
// thread: the exchange begins with a change of permissions that nothing else makes. FAULT_STEP says which step.
const fs = require("node:fs");
const { syncBuiltinESMExports } = require("node:module");

let step = 0;
for (const name of ["chmodSync", "linkSync", "renameSync", "rmSync", "fsyncSync"]) {
  const real = fs[name];
  fs[name] = (...args) => {
    if (name === "chmodSync" || step > 0) step++;
    if (step === Number(process.env.FAULT_STEP)) process.kill(process.pid, "SIGKILL");
    return real(...args);
  };
}
syncBuiltinESMExports();
