#!/usr/bin/env -S node --max-semi-space-size=16 --max-old-space-size=256 --no-allocation-site-pretenuring
// The limits keep V8 from taking more memory for four threads' garbage than the server itself needs. What is young has
// 16 MB: with 8, five hundred requests that wait (some 8 KB each) outlive it, and half of the throughput goes to garbage.
// Objects of requests that wait together survive together: V8 takes them for long-lived ones and makes their like in the
// old generation (pretenuring), where garbage is dear. In a third of the runs that cost a third of the throughput.
// Plain old JavaScript, so that an old Node.js can say what is wrong instead of failing on syntax.
var major = Number(process.versions.node.split(".")[0]);
var path = require("node:path");
var isThere = (file) => require("node:fs").existsSync(path.join(__dirname, "..", file));
if (major < 24) {
  console.error(`chinook: expected Node.js 24 or newer, got ${process.version}`);
  // A checkout brings its own, which a script of its package puts in place.
  console.error(
    isThere("node_modules/node/package.json")
      ? "The Node.js of this checkout is not in place: its install script was skipped. Run `npm rebuild node --ignore-scripts=false`."
      : isThere("package-lock.json")
        ? "Run `npm ci`, then `npm start` or `npx chinook`: they bring their own Node.js."
        : "Install a newer Node.js.",
  );
  process.exit(1);
}

// Compiled code is kept on disk, for this thread and (by the environment) for its workers: it saves them the
// compiler, and in a checkout the stripping of types, at every start but the first.
var cache = require("node:module").enableCompileCache();
if (cache.directory) process.env.NODE_COMPILE_CACHE = path.dirname(cache.directory);

// A checkout runs its TypeScript as it is; the published package brings it compiled, since Node.js strips no types
// below node_modules.
var source = path.join(__dirname, "../src/main/cli.ts");
var compiled = path.join(__dirname, "../dist/main/cli.js");
var entry = require("node:fs").existsSync(source) ? source : compiled;
import(require("node:url").pathToFileURL(entry).href).then((cli) => cli.main(process.argv));
