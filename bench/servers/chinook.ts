import { enableCompileCache } from "node:module";
import { dirname } from "node:path";
import { TUNING } from "../../src/shared/tuning.ts";

/** Chinook Server with other tuning: `node chinook.ts TUNING`. Everything else is as in production. */
// As in bin/chinook.cjs: threads load what the main thread compiled and need no compiler.
const { directory } = enableCompileCache();
if (directory !== undefined) process.env.NODE_COMPILE_CACHE = dirname(directory);
const { resolveSettings } = await import("../../src/shared/settings.ts");
const { startServer } = await import("../../src/main/server.ts");

const tuning = { ...TUNING, ...JSON.parse(process.argv[2] ?? "{}") };
const server = await startServer(resolveSettings(process.env), undefined, tuning);
process.on("SIGTERM", () => void server.close().then(() => process.exit(0)));
process.stdout.write(`listens on ${server.url}\n`);
