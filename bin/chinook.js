#!/usr/bin/env node
// Plain old JavaScript, so that an old Node.js can say what is wrong instead of failing on syntax.
var major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  console.error("chinook: expected Node.js 24 or newer, got " + process.version);
  console.error(
    "Install a newer Node.js, or inside a checkout use `npm start` or `npx chinook`, which bring their own.",
  );
  process.exit(1);
}
// A checkout runs its TypeScript as it is; the published package brings it compiled, since Node.js strips no types
// below node_modules.
import("node:fs")
  .then((fs) => {
    var source = new URL("../src/main/cli/main.ts", import.meta.url);
    return import(
      fs.existsSync(source) ? source.href : new URL("../dist/main/cli/main.js", import.meta.url).href
    );
  })
  .then((cli) => cli.main(process.argv));
