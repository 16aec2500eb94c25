import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Pool } from "undici";
import { residentBytes, startServer } from "./processes.ts";
import { chinook } from "./servers/specs.ts";

/**
 * The memory that a flood of addresses takes: `node bench/flood.ts`. Strangers read one cached answer through a
 * trusted proxy: first from one address, then each from an IPv6 network of its own. The entries of the limiter are
 * bounded, so the resident memory must stop growing.
 */

const REQUESTS = 150_000;
const ROUNDS = 5;
const CONNECTIONS = 50;

const folder = mkdtempSync(join(tmpdir(), "chinook-flood-"));
const server = await startServer(chinook("serve"), {
  CHINOOK_PORT: "0",
  CHINOOK_DEMO: "0",
  CHINOOK_LOG: "silent",
  CHINOOK_DATABASE: join(folder, "database.sqlite"),
  CHINOOK_AUTH: "required",
  CHINOOK_ANONYMOUS: "read",
  CHINOOK_TRUSTED_PROXIES: "127.0.0.1",
  CHINOOK_RATE_READ: "1000000",
});
const pool = new Pool(server.url, { connections: CONNECTIONS, pipelining: 1 });

/** Sends requests on all connections, each from the address of its number. */
async function send(addressOf: (i: number) => string): Promise<number> {
  const started = performance.now();
  let next = 0;
  const connection = async () => {
    while (next < REQUESTS) {
      const headers = { "x-forwarded-for": addressOf(next++) };
      const { statusCode, body } = await pool.request({ method: "GET", path: "/v1/artists", headers });
      await body.dump();
      if (statusCode !== 200) throw new Error(`expected 200, got ${statusCode}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  return (REQUESTS / (performance.now() - started)) * 1_000;
}

let seen = 0;
const newNetwork = (): string => {
  seen++;
  return `2001:db8:${(seen >> 16).toString(16)}:${(seen & 0xffff).toString(16)}::1`;
};

const report = (what: string, perSecond: number): void =>
  console.log(
    `${what.padEnd(30)} ${Math.round(residentBytes(server.pid)! / 1e6)} MB, ${Math.round(perSecond)} requests a second`,
  );

try {
  for (let round = 1; round <= ROUNDS; round++) report("one address", await send(() => "192.0.2.1"));
  for (let round = 1; round <= ROUNDS; round++)
    report(`${(round * REQUESTS).toLocaleString("en")} networks`, await send(newNetwork));
} finally {
  await pool.destroy();
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
