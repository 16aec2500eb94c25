// A clock that jumps: what JavaScript takes for the time is the machine's, off by the milliseconds that a file says.
// Nothing else in the server reads a clock that can be set: timers and deadlines run on one that cannot.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");

const Real = Date;
let offset = 0;
setInterval(() => {
  try {
    offset = Number(readFileSync(join(process.env.FAULT_FOLDER, "offset"), "utf8"));
  } catch {
    offset = 0;
  }
}, 5).unref();

globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + offset);
    else super(...parts);
  }
  static now() {
    return Real.now() + offset;
  }
};
