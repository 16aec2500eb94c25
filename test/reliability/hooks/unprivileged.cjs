// Root may do everything, whatever the permissions say: a server of root's becomes nobody's before it begins.
const { isMainThread } = require("node:worker_threads");
const NOBODY = 65_534;
if (isMainThread && process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(NOBODY);
  process.setuid(NOBODY);
}
