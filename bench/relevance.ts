import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { judge, mrr } from "./relevance/measure.ts";

/**
 * How good the first hits are, on the upstream sample catalogue: the mean reciprocal rank of a table of queries.
 *
 * node bench/relevance.ts Chinook_Sqlite.sqlite (or CHINOOK_SAMPLE)
 */
const sample = process.argv[2] ?? process.env.CHINOOK_SAMPLE;
if (sample === undefined) {
  console.error("expected the path of Chinook_Sqlite.sqlite, as the argument or in CHINOOK_SAMPLE");
  process.exit(2);
}

const bin = join(import.meta.dirname, "../bin/chinook.cjs");
const folder = mkdtempSync(join(tmpdir(), "chinook-relevance-"));
const env = { ...process.env, CHINOOK_DATABASE: join(folder, "sample.sqlite"), CHINOOK_PORT: "0" };
spawnSync(process.execPath, [bin, "import", sample], { env, stdio: ["ignore", "ignore", "inherit"] });
const server = spawn(process.execPath, [bin, "serve"], { env, stdio: ["ignore", "pipe", "ignore"] });
try {
  const [line] = await once(createInterface({ input: server.stdout }), "line");
  const judged = await judge(/http:\S+/.exec(line)![0]);
  for (const { mode, q, rank } of judged.filter(({ rank }) => rank !== 1))
    console.log(`${mode.padEnd(5)}  ${rank === null ? "not in the first ten" : `at ${rank}`}  ${q}`);
  for (const mode of ["text", "fuzzy"] as const) {
    const count = judged.filter((one) => one.mode === mode).length;
    console.log(`${mode.padEnd(5)}  MRR ${mrr(judged, mode).toFixed(3)} over ${count} queries`);
  }
} finally {
  server.kill();
  await once(server, "exit");
  rmSync(folder, { recursive: true, force: true });
}
